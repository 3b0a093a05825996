import AVFoundation
import CoreBluetooth
import UserNotifications

/// What the person allows. The app asks before every frame, so that it has to be known.
final class Permissions: NSObject {
    private let changed: () -> Void
    private var notifications = FestivalPermissionStateNotAsked
    /// Whose being there has the system ask about Bluetooth.
    private var asking: CBCentralManager?

    init(changed: @escaping () -> Void) {
        self.changed = changed
        super.init()
    }

    func state(of permission: UInt32) -> FestivalPermissionState {
        switch permission {
        case FestivalPermissionNotifications.rawValue: return notifications
        case FestivalPermissionNearby.rawValue: return nearby
        default: return camera
        }
    }

    private var camera: FestivalPermissionState {
        switch AVCaptureDevice.authorizationStatus(for: .video) {
        case .authorized: return FestivalPermissionStateGranted
        case .notDetermined: return FestivalPermissionStateNotAsked
        default: return FestivalPermissionStateRefused
        }
    }

    private var nearby: FestivalPermissionState {
        switch CBManager.authorization {
        case .allowedAlways: return FestivalPermissionStateGranted
        case .notDetermined: return FestivalPermissionStateNotAsked
        default: return FestivalPermissionStateRefused
        }
    }

    func ask(for permission: UInt32) {
        switch permission {
        case FestivalPermissionNotifications.rawValue:
            let center = UNUserNotificationCenter.current()
            center.requestAuthorization(options: [.alert, .sound]) { [weak self] _, _ in self?.look() }
        case FestivalPermissionNearby.rawValue:
            // The library looks every few seconds whether it may use Bluetooth by now.
            asking = CBCentralManager(
                delegate: self, queue: nil, options: [CBCentralManagerOptionShowPowerAlertKey: false])
        default:
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

extension Permissions: CBCentralManagerDelegate {
    /// The person has answered once the system knows how things are.
    func centralManagerDidUpdateState(_ central: CBCentralManager) {
        guard CBManager.authorization != .notDetermined else { return }
        asking = nil
        changed()
    }
}
