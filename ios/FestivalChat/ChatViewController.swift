import PhotosUI
import UIKit

/// The one screen: a view that the chat app draws, and what the app asks of the phone.
final class ChatViewController: UIViewController {
    private var session: OpaquePointer?
    private var chatView: ChatView { return view as! ChatView }
    private lazy var camera = Camera { [weak self] luma, width, height, stride in
        guard let session = self?.session else { return }
        luma.withUnsafeBytes { bytes in
            let start = bytes.bindMemory(to: UInt8.self).baseAddress
            festival_luma(session, start, width, height, stride)
        }
    }
    private lazy var permissions = Permissions { [weak self] in self?.chatView.draw() }
    private lazy var notifications = Notifications { [weak self] room in
        guard let session = self?.session else { return }
        festival_opened(session, room)
    }
    private var keyboardHeight: CGFloat = 0
    private var waitingLinks: [String] = []

    override func loadView() {
        view = ChatView()
    }

    override func viewDidLoad() {
        super.viewDidLoad()
        start()
        _ = notifications
        permissions.look()
        let center = NotificationCenter.default
        center.addObserver(
            self, selector: #selector(keyboardWillChange(_:)),
            name: UIResponder.keyboardWillChangeFrameNotification, object: nil)
    }

    private func start() {
        var why: UnsafeMutablePointer<CChar>?
        let support = FileManager.default.urls(for: .applicationSupportDirectory, in: .userDomainMask)[0]
        try? FileManager.default.createDirectory(at: support, withIntermediateDirectories: true)
        session = festival_start(support.path, host(), &why)
        if let why = why {
            chatView.show(problem: String(cString: why))
            festival_free_text(why)
        }
        chatView.session = session
        waitingLinks.forEach(follow(link:))
        waitingLinks = []
    }

    private func host() -> FestivalHost {
        func controller(_ context: UnsafeMutableRawPointer?) -> ChatViewController {
            return Unmanaged<ChatViewController>.fromOpaque(context!).takeUnretainedValue()
        }
        return FestivalHost(
            // The controller lives as long as the process does.
            context: Unmanaged.passRetained(self).toOpaque(),
            wake: { context in
                let chat = controller(context)
                DispatchQueue.main.async { chat.wake() }
            },
            copy: { _, text in UIPasteboard.general.string = String(cString: text!) },
            paste: { _ in UIPasteboard.general.string.flatMap { strdup($0) } },
            open: { _, url in
                if let url = URL(string: String(cString: url!)) {
                    UIApplication.shared.open(url)
                }
            },
            share: { context, title, link, picture in
                controller(context).share(
                    title: String(cString: title!), link: String(cString: link!),
                    picture: String(cString: picture!))
            },
            keep: { context, path in
                controller(context).offer([URL(fileURLWithPath: String(cString: path!))])
            },
            pick_picture: { context in controller(context).pickPicture() },
            camera: { context, isOn in
                let chat = controller(context)
                if isOn { chat.camera.start() } else { chat.camera.stop() }
            },
            pulse: { _ in UIImpactFeedbackGenerator(style: .light).impactOccurred() },
            permission: { context, permission in
                UInt8(controller(context).permissions.state(of: UInt32(permission)).rawValue)
            },
            ask: { context, permission in
                controller(context).permissions.ask(for: UInt32(permission))
            },
            open_settings: { _ in
                if let url = URL(string: UIApplication.openSettingsURLString) {
                    UIApplication.shared.open(url)
                }
            },
            notify: { context, room, title, text in
                controller(context).notifications.say(
                    of: String(cString: room!), title: String(cString: title!),
                    text: String(cString: text!))
            },
            withdraw: { context, room in
                controller(context).notifications.withdraw(String(cString: room!))
            })
    }

    /// Something is new: it is drawn, or only taken in where nobody sees it.
    private func wake() {
        guard let session = session else { return }
        let scene = view.window?.windowScene
        if scene == nil || scene?.activationState == .background {
            festival_think(session)
        } else {
            chatView.draw()
        }
    }

    /// The system has started the app because something happened over Bluetooth: it runs as if it had been left.
    func startUnseen() {
        loadViewIfNeeded()
        suspend()
    }

    func resume() {
        permissions.look()
        if let session = session {
            festival_resume(session)
        }
        chatView.resume()
    }

    override func didReceiveMemoryWarning() {
        super.didReceiveMemoryWarning()
        guard let session = session else { return }
        festival_free_memory(session)
    }

    func suspend() {
        camera.stop()
        chatView.pause()
        guard let session = session else { return }
        // The system may end the process at any time from here on.
        let task = UIApplication.shared.beginBackgroundTask(expirationHandler: nil)
        festival_suspend(session)
        UIApplication.shared.endBackgroundTask(task)
    }

    func follow(link: String) {
        guard let session = session else { return waitingLinks.append(link) }
        festival_link(session, link)
    }

    override func viewDidLayoutSubviews() {
        super.viewDidLayoutSubviews()
        chatView.fit()
        sendInsets()
    }

    override func viewSafeAreaInsetsDidChange() {
        super.viewSafeAreaInsetsDidChange()
        sendInsets()
    }

    @objc private func keyboardWillChange(_ notification: Notification) {
        let frame = notification.userInfo?[UIResponder.keyboardFrameEndUserInfoKey] as? CGRect
        let inView = view.convert(frame ?? .zero, from: nil)
        keyboardHeight = max(0, view.bounds.maxY - inView.minY)
        sendInsets()
    }

    private func sendInsets() {
        guard let session = session else { return }
        let insets = view.safeAreaInsets
        let bottom = max(insets.bottom, keyboardHeight)
        festival_set_insets(
            session, Float(insets.top), Float(insets.left), Float(bottom), Float(insets.right))
    }

    private func share(title: String, link: String, picture: String) {
        offer([title, link, URL(fileURLWithPath: picture)])
    }

    /// Shows the system's sheet of what can be done with these.
    private func offer(_ items: [Any]) {
        let sheet = UIActivityViewController(activityItems: items, applicationActivities: nil)
        // Where there is room, it points at what it belongs to.
        sheet.popoverPresentationController?.sourceView = view
        sheet.popoverPresentationController?.sourceRect = CGRect(
            x: view.bounds.midX, y: view.bounds.midY, width: 1, height: 1)
        present(sheet, animated: true)
    }

    private func pickPicture() {
        var configuration = PHPickerConfiguration()
        configuration.filter = .images
        let picker = PHPickerViewController(configuration: configuration)
        picker.delegate = self
        present(picker, animated: true)
    }
}

extension ChatViewController: PHPickerViewControllerDelegate {
    func picker(_ picker: PHPickerViewController, didFinishPicking results: [PHPickerResult]) {
        picker.dismiss(animated: true)
        guard let provider = results.first?.itemProvider else { return }
        provider.loadObject(ofClass: UIImage.self) { [weak self] image, _ in
            // The picture may be of a kind that only this system reads.
            guard let png = (image as? UIImage)?.pngData() else { return }
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("picked.png")
            guard (try? png.write(to: file)) != nil else { return }
            DispatchQueue.main.async {
                guard let session = self?.session else { return }
                festival_picture(session, file.path)
            }
        }
    }
}
