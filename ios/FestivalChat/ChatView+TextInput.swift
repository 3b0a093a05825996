import ObjectiveC
import UIKit

private var delegateKey: UInt8 = 0
private var tokenizerKey: UInt8 = 0

/// What the keyboard needs of the view: its text is `writing`, and each change goes to the app.
extension ChatView: UITextInput {
    var hasText: Bool { return true }

    func insertText(_ text: String) {
        guard let session = session else { return }
        if text == "\n" {
            unmarkText()
            writing.reset()
            return festival_press(session, UInt8(FestivalKeyEnter.rawValue))
        }
        if let marked = writing.marked {
            // The app puts it in place of what is not decided by itself.
            _ = writing.replace(marked, with: text)
            return festival_write(session, 0, 0, text)
        }
        send(writing.replace(writing.selection, with: text))
    }

    func deleteBackward() {
        guard let session = session else { return }
        if let marked = writing.marked {
            _ = writing.replace(marked, with: "")
            return festival_compose(session, "")
        }
        guard let range = writing.beforeCaret() else {
            return festival_press(session, UInt8(FestivalKeyBackspace.rawValue))
        }
        send(writing.replace(range, with: ""))
    }

    private func send(_ change: Writing.Change) {
        guard let session = session else { return }
        festival_write(session, change.before, change.after, change.text)
    }

    func replace(_ range: UITextRange, withText text: String) {
        guard let range = (range as? WritingRange)?.range, writing.contains(range) else { return }
        send(writing.replace(range, with: text))
    }

    func setMarkedText(_ text: String?, selectedRange: NSRange) {
        guard let session = session else { return }
        if writing.marked == nil && writing.selection.length > 0 {
            send(writing.replace(writing.selection, with: ""))
        }
        writing.compose(text ?? "", selected: selectedRange)
        festival_compose(session, text ?? "")
    }

    func unmarkText() {
        guard let session = session, let decided = writing.decide() else { return }
        festival_write(session, 0, 0, decided)
    }

    func text(in range: UITextRange) -> String? {
        guard let range = (range as? WritingRange)?.range, writing.contains(range) else { return nil }
        return writing.text.substring(with: range)
    }

    var selectedTextRange: UITextRange? {
        get { return WritingRange(writing.selection) }
        set {
            if let range = (newValue as? WritingRange)?.range {
                writing.select(range)
            }
        }
    }

    var markedTextRange: UITextRange? { return writing.marked.map { WritingRange($0) } }

    var markedTextStyle: [NSAttributedString.Key: Any]? {
        get { return nil }
        set { _ = newValue }
    }

    var beginningOfDocument: UITextPosition { return WritingPosition(0) }
    var endOfDocument: UITextPosition { return WritingPosition(writing.text.length) }

    func textRange(from: UITextPosition, to: UITextPosition) -> UITextRange? {
        guard let from = offset(of: from), let to = offset(of: to) else { return nil }
        return WritingRange(NSRange(location: min(from, to), length: abs(to - from)))
    }

    func position(from position: UITextPosition, offset: Int) -> UITextPosition? {
        guard let from = self.offset(of: position) else { return nil }
        let to = from + offset
        return to >= 0 && to <= writing.text.length ? WritingPosition(to) : nil
    }

    func position(
        from position: UITextPosition, in direction: UITextLayoutDirection, offset: Int
    ) -> UITextPosition? {
        let isBack = direction == .left || direction == .up
        return self.position(from: position, offset: isBack ? -offset : offset)
    }

    func compare(_ position: UITextPosition, to other: UITextPosition) -> ComparisonResult {
        let (one, two) = (offset(of: position) ?? 0, offset(of: other) ?? 0)
        return one < two ? .orderedAscending : one > two ? .orderedDescending : .orderedSame
    }

    func offset(from: UITextPosition, to: UITextPosition) -> Int {
        return (offset(of: to) ?? 0) - (offset(of: from) ?? 0)
    }

    private func offset(of position: UITextPosition) -> Int? {
        return (position as? WritingPosition)?.offset
    }

    func position(within range: UITextRange, farthestIn direction: UITextLayoutDirection) -> UITextPosition? {
        let isBack = direction == .left || direction == .up
        return isBack ? range.start : range.end
    }

    func characterRange(
        byExtending position: UITextPosition, in direction: UITextLayoutDirection
    ) -> UITextRange? {
        let isBack = direction == .left || direction == .up
        return textRange(from: position, to: isBack ? beginningOfDocument : endOfDocument)
    }

    func baseWritingDirection(
        for position: UITextPosition, in direction: UITextStorageDirection
    ) -> NSWritingDirection {
        return .natural
    }

    func setBaseWritingDirection(_ direction: NSWritingDirection, for range: UITextRange) {}

    // The app draws the text: all that is known here is where its caret is.
    func firstRect(for range: UITextRange) -> CGRect { return writing.caret }
    func caretRect(for position: UITextPosition) -> CGRect { return writing.caret }
    func selectionRects(for range: UITextRange) -> [UITextSelectionRect] { return [] }
    func closestPosition(to point: CGPoint) -> UITextPosition? { return endOfDocument }
    func closestPosition(to point: CGPoint, within range: UITextRange) -> UITextPosition? { return range.end }
    func characterRange(at point: CGPoint) -> UITextRange? { return nil }

    var inputDelegate: UITextInputDelegate? {
        get { return objc_getAssociatedObject(self, &delegateKey) as? UITextInputDelegate }
        set { objc_setAssociatedObject(self, &delegateKey, newValue, .OBJC_ASSOCIATION_ASSIGN) }
    }

    var tokenizer: UITextInputTokenizer {
        if let tokenizer = objc_getAssociatedObject(self, &tokenizerKey) as? UITextInputTokenizer {
            return tokenizer
        }
        let tokenizer = UITextInputStringTokenizer(textInput: self)
        objc_setAssociatedObject(self, &tokenizerKey, tokenizer, .OBJC_ASSOCIATION_RETAIN)
        return tokenizer
    }
}
