import QuartzCore
import UIKit

/// What the chat app draws on with Metal, and what fingers touch.
final class ChatView: UIView {
    var session: OpaquePointer? {
        didSet { attach() }
    }
    /// What the keyboard knows of the text that is written in the app.
    let writing = Writing()
    private var link: CADisplayLink?
    private var later: Timer?
    private var fingers: [ObjectIdentifier: UInt64] = [:]
    private var nextFinger: UInt64 = 0
    private var isPaused = false

    override class var layerClass: AnyClass { return CAMetalLayer.self }

    override init(frame: CGRect) {
        super.init(frame: frame)
        isMultipleTouchEnabled = true
        let link = CADisplayLink(target: self, selector: #selector(drawNow))
        link.isPaused = true
        link.add(to: .main, forMode: .common)
        self.link = link
    }

    required init?(coder: NSCoder) {
        fatalError("made in code only")
    }

    private func attach() {
        guard let session = session else { return }
        fit()
        let layer = Unmanaged.passUnretained(self.layer).toOpaque()
        if !festival_attach(session, layer) {
            show(problem: "This device cannot draw the app.")
        }
        setDark()
        draw()
    }

    /// Tells the app how large it is.
    func fit() {
        guard let session = session, let layer = layer as? CAMetalLayer else { return }
        let scale = window?.screen.scale ?? UIScreen.main.scale
        layer.contentsScale = scale
        festival_resize(session, Float(bounds.width), Float(bounds.height), Float(scale))
        draw()
    }

    /// Has a frame drawn with the next beat of the screen.
    func draw() {
        guard !isPaused else { return }
        link?.isPaused = false
    }

    func pause() {
        isPaused = true
        link?.isPaused = true
        later?.invalidate()
    }

    func resume() {
        isPaused = false
        setDark()
        draw()
    }

    @objc private func drawNow() {
        link?.isPaused = true
        later?.invalidate()
        guard let session = session else { return }
        let frame = festival_frame(session)
        follow(frame)
        if frame.next_secs == 0 {
            draw()
        } else if frame.next_secs > 0 {
            later = Timer.scheduledTimer(withTimeInterval: frame.next_secs, repeats: false) {
                [weak self] _ in self?.draw()
            }
        }
    }

    /// The keyboard comes and goes with the text that is written.
    private func follow(_ frame: FestivalFrame) {
        writing.caret = CGRect(
            x: CGFloat(frame.caret_x), y: CGFloat(frame.caret_y),
            width: CGFloat(frame.caret_width), height: CGFloat(frame.caret_height))
        if frame.is_writing && !isFirstResponder {
            writing.reset()
            becomeFirstResponder()
        } else if !frame.is_writing && isFirstResponder {
            resignFirstResponder()
        }
    }

    override func traitCollectionDidChange(_ previous: UITraitCollection?) {
        super.traitCollectionDidChange(previous)
        setDark()
    }

    private func setDark() {
        guard let session = session else { return }
        festival_set_dark(session, traitCollection.userInterfaceStyle == .dark)
    }

    /// Says what keeps the app from being shown.
    func show(problem: String) {
        let label = UILabel(frame: bounds.insetBy(dx: 24, dy: 24))
        label.autoresizingMask = [.flexibleWidth, .flexibleHeight]
        label.numberOfLines = 0
        label.textAlignment = .center
        label.textColor = .white
        label.text = problem
        addSubview(label)
    }

    override func touchesBegan(_ touches: Set<UITouch>, with event: UIEvent?) {
        for touch in touches {
            fingers[ObjectIdentifier(touch)] = nextFinger
            nextFinger += 1
        }
        send(touches, FestivalPhaseStart)
    }

    override func touchesMoved(_ touches: Set<UITouch>, with event: UIEvent?) {
        send(touches, FestivalPhaseMove)
    }

    override func touchesEnded(_ touches: Set<UITouch>, with event: UIEvent?) {
        send(touches, FestivalPhaseEnd)
        forget(touches)
    }

    override func touchesCancelled(_ touches: Set<UITouch>, with event: UIEvent?) {
        send(touches, FestivalPhaseCancel)
        forget(touches)
    }

    private func send(_ touches: Set<UITouch>, _ phase: FestivalPhase) {
        guard let session = session else { return }
        for touch in touches {
            guard let finger = fingers[ObjectIdentifier(touch)] else { continue }
            let at = touch.location(in: self)
            festival_touch(session, finger, UInt8(phase.rawValue), Float(at.x), Float(at.y))
        }
    }

    private func forget(_ touches: Set<UITouch>) {
        for touch in touches {
            fingers[ObjectIdentifier(touch)] = nil
        }
    }

    override var canBecomeFirstResponder: Bool { return true }
}
