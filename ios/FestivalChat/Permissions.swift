import AVFoundation
import UserNotifications

/// What the person allows. The app asks before every frame, so that it has to be known.
final class Permissions {
    private let changed: () -> Void
    private var notifications = FestivalPermissionStateNotAsked

    init(changed: @escaping () -> Void) {
        self.changed = changed
    }

    func state(of permission: UInt32) -> FestivalPermissionState {
        if permission == FestivalPermissionNotifications.rawValue {
            return notifications
        }
        switch AVCaptureDevice.authorizationStatus(for: .video) {
        case .authorized: return FestivalPermissionStateGranted
        case .notDetermined: return FestivalPermissionStateNotAsked
        default: return FestivalPermissionStateRefused
        }
    }

    func ask(for permission: UInt32) {
        if permission == FestivalPermissionNotifications.rawValue {
            let center = UNUserNotificationCenter.current()
            center.requestAuthorization(options: [.alert, .sound]) { [weak self] _, _ in self?.look() }
        } else {
            AVCaptureDevice.requestAccess(for: .video) { [weak self] _ in
                DispatchQueue.main.async { self?.changed() }
            }
        }
    }

    /// Looks at what only the system knows: the person may have been in its settings.
    func look() {
        UNUserNotificationCenter.current().getNotificationSettings { [weak self] settings in
            DispatchQueue.main.async { self?.hear(settings.authorizationStatus) }
        }
    }

    private func hear(_ status: UNAuthorizationStatus) {
        switch status {
        case .notDetermined: notifications = FestivalPermissionStateNotAsked
        case .denied: notifications = FestivalPermissionStateRefused
        default: notifications = FestivalPermissionStateGranted
        }
        changed()
    }
}
