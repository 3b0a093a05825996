import UserNotifications

/// What the person is told while they look elsewhere, one for each room.
final class Notifications: NSObject, UNUserNotificationCenterDelegate {
    private let opened: (String) -> Void
    private let center = UNUserNotificationCenter.current()

    /// `opened` is told the room of which the person wants to know more.
    init(opened: @escaping (String) -> Void) {
        self.opened = opened
        super.init()
        center.delegate = self
    }

    func say(of room: String, title: String, text: String) {
        let content = UNMutableNotificationContent()
        content.title = title
        content.body = text
        content.sound = .default
        content.threadIdentifier = room
        center.add(UNNotificationRequest(identifier: room, content: content, trigger: nil))
    }

    func withdraw(_ room: String) {
        center.removeDeliveredNotifications(withIdentifiers: [room])
        center.removePendingNotificationRequests(withIdentifiers: [room])
    }

    func userNotificationCenter(
        _ center: UNUserNotificationCenter, willPresent notification: UNNotification,
        withCompletionHandler completion: @escaping (UNNotificationPresentationOptions) -> Void
    ) {
        completion([.banner, .sound])
    }

    func userNotificationCenter(
        _ center: UNUserNotificationCenter, didReceive response: UNNotificationResponse,
        withCompletionHandler completion: @escaping () -> Void
    ) {
        opened(response.notification.request.identifier)
        completion()
    }
}
