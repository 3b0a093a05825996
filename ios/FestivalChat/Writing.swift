import UIKit

/// The text since the caret was last put somewhere, as the keyboard sees it: what it corrects, completes and composes.
/// The app has the whole text; it is told each change as so many characters around the caret and what replaces them.
final class Writing {
    private(set) var text: NSString = ""
    /// Where the caret is, and what is chosen before it.
    private(set) var selection = NSRange(location: 0, length: 0)
    /// What is not decided yet, as in Japanese.
    private(set) var marked: NSRange?
    /// Where the app draws the caret.
    var caret = CGRect.zero

    /// One change for the app.
    struct Change {
        /// Characters (Unicode scalars) before and after the caret that go.
        let before: Int
        let after: Int
        let text: String
    }

    func reset() {
        text = ""
        selection = NSRange(location: 0, length: 0)
        marked = nil
    }

    func contains(_ range: NSRange) -> Bool {
        return range.location >= 0 && NSMaxRange(range) <= text.length
    }

    func select(_ range: NSRange) {
        if contains(range) {
            selection = range
        }
    }

    /// Puts `new` in place of `range`: the caret stands behind it then.
    func replace(_ range: NSRange, with new: String) -> Change {
        let caret = NSMaxRange(selection)
        let start = min(range.location, caret)
        let end = max(NSMaxRange(range), caret)
        let lead = text.substring(with: NSRange(location: start, length: range.location - start))
        let tail = text.substring(with: NSRange(location: NSMaxRange(range), length: end - NSMaxRange(range)))
        let middle = lead + new + tail
        let change = Change(
            before: scalars(from: start, to: caret), after: scalars(from: caret, to: end), text: middle)
        let whole = NSRange(location: start, length: end - start)
        text = text.replacingCharacters(in: whole, with: middle) as NSString
        selection = NSRange(location: start + (middle as NSString).length, length: 0)
        marked = nil
        return change
    }

    /// Has `new` be what is not decided yet.
    func compose(_ new: String, selected: NSRange) {
        let range = marked ?? selection
        text = text.replacingCharacters(in: range, with: new) as NSString
        let composed = NSRange(location: range.location, length: (new as NSString).length)
        marked = composed.length > 0 ? composed : nil
        selection = NSRange(location: composed.location + selected.location, length: selected.length)
        if !contains(selection) {
            selection = NSRange(location: NSMaxRange(composed), length: 0)
        }
    }

    /// Decides what was not decided; returns it.
    func decide() -> String? {
        guard let range = marked else { return nil }
        marked = nil
        selection = NSRange(location: NSMaxRange(range), length: 0)
        return text.substring(with: range)
    }

    /// What one press of the delete key takes away: all of an emoji, however it is made.
    func beforeCaret() -> NSRange? {
        if selection.length > 0 {
            return selection
        }
        guard selection.location > 0 else { return nil }
        return text.rangeOfComposedCharacterSequence(at: selection.location - 1)
    }

    private func scalars(from start: Int, to end: Int) -> Int {
        return text.substring(with: NSRange(location: start, length: end - start)).unicodeScalars.count
    }
}

/// A place in the text.
final class WritingPosition: UITextPosition {
    let offset: Int

    init(_ offset: Int) {
        self.offset = offset
    }
}

/// A piece of the text.
final class WritingRange: UITextRange {
    let range: NSRange

    init(_ range: NSRange) {
        self.range = range
    }

    override var start: UITextPosition { return WritingPosition(range.location) }
    override var end: UITextPosition { return WritingPosition(NSMaxRange(range)) }
    override var isEmpty: Bool { return range.length == 0 }
}
