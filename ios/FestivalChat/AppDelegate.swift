import UIKit

@main
final class AppDelegate: UIResponder, UIApplicationDelegate {
    /// Lives as long as the process does, whether somebody sees it or not.
    let chat = ChatViewController()

    func application(
        _ application: UIApplication,
        didFinishLaunchingWithOptions options: [UIApplication.LaunchOptionsKey: Any]?
    ) -> Bool {
        let isForBluetooth = [.bluetoothCentrals, .bluetoothPeripherals].contains {
            (key: UIApplication.LaunchOptionsKey) in options?[key] != nil
        }
        if isForBluetooth {
            chat.startUnseen()
        }
        return true
    }

    func application(
        _ application: UIApplication,
        configurationForConnecting scene: UISceneSession,
        options: UIScene.ConnectionOptions
    ) -> UISceneConfiguration {
        let configuration = UISceneConfiguration(name: "Chat", sessionRole: scene.role)
        configuration.delegateClass = SceneDelegate.self
        return configuration
    }
}
