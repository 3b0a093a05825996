import AVFoundation

/// The camera on the back: hands over how bright each pixel is, which is all that reading a code takes.
final class Camera: NSObject, AVCaptureVideoDataOutputSampleBufferDelegate {
    /// Bright pixels, and how they lie: width, height, bytes from row to row.
    typealias Frame = (Data, Int, Int, Int) -> Void

    private let session = AVCaptureSession()
    private let queue = DispatchQueue(label: "camera")
    private let frame: Frame
    private var isReady = false

    init(frame: @escaping Frame) {
        self.frame = frame
        super.init()
    }

    /// Only once the person has allowed it.
    func start() {
        queue.async { self.run() }
    }

    func stop() {
        queue.async { self.session.stopRunning() }
    }

    private func run() {
        if !isReady {
            isReady = prepare()
        }
        if isReady {
            session.startRunning()
        }
    }

    private func prepare() -> Bool {
        guard let device = AVCaptureDevice.default(.builtInWideAngleCamera, for: .video, position: .back),
            let input = try? AVCaptureDeviceInput(device: device), session.canAddInput(input)
        else { return false }
        let output = AVCaptureVideoDataOutput()
        output.alwaysDiscardsLateVideoFrames = true
        output.videoSettings = [
            kCVPixelBufferPixelFormatTypeKey as String: kCVPixelFormatType_420YpCbCr8BiPlanarFullRange
        ]
        output.setSampleBufferDelegate(self, queue: queue)
        guard session.canAddOutput(output) else { return false }
        session.beginConfiguration()
        session.sessionPreset = .hd1280x720
        session.addInput(input)
        session.addOutput(output)
        // Upright, as the phone is held.
        output.connection(with: .video)?.videoOrientation = .portrait
        session.commitConfiguration()
        return true
    }

    func captureOutput(
        _ output: AVCaptureOutput, didOutput buffer: CMSampleBuffer, from connection: AVCaptureConnection
    ) {
        guard let pixels = CMSampleBufferGetImageBuffer(buffer) else { return }
        CVPixelBufferLockBaseAddress(pixels, .readOnly)
        defer { CVPixelBufferUnlockBaseAddress(pixels, .readOnly) }
        guard let luma = CVPixelBufferGetBaseAddressOfPlane(pixels, 0) else { return }
        let width = CVPixelBufferGetWidthOfPlane(pixels, 0)
        let height = CVPixelBufferGetHeightOfPlane(pixels, 0)
        let stride = CVPixelBufferGetBytesPerRowOfPlane(pixels, 0)
        let copy = Data(bytes: luma, count: stride * height)
        // One at a time: the app takes it before the next one is looked at.
        DispatchQueue.main.sync { self.frame(copy, width, height, stride) }
    }
}
