import UIKit

final class SceneDelegate: UIResponder, UIWindowSceneDelegate {
    var window: UIWindow?
    private var chat: ChatViewController { return (UIApplication.shared.delegate as! AppDelegate).chat }

    func scene(
        _ scene: UIScene,
        willConnectTo session: UISceneSession,
        options: UIScene.ConnectionOptions
    ) {
        guard let scene = scene as? UIWindowScene else { return }
        let window = UIWindow(windowScene: scene)
        window.rootViewController = chat
        window.makeKeyAndVisible()
        self.window = window
        follow(options.urlContexts)
    }

    func scene(_ scene: UIScene, openURLContexts contexts: Set<UIOpenURLContext>) {
        follow(contexts)
    }

    func sceneWillEnterForeground(_ scene: UIScene) {
        chat.resume()
    }

    func sceneDidEnterBackground(_ scene: UIScene) {
        chat.suspend()
    }

    private func follow(_ contexts: Set<UIOpenURLContext>) {
        for context in contexts {
            chat.follow(link: context.url.absoluteString)
        }
    }
}
