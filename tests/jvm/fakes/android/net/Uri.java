package android.net;

import java.util.ArrayList;
import java.util.List;

/** An address. Segments are decoded after they are split, as in Android: `%2F` is a part of a name. */
public class Uri {
    private final String text;
    private final List<String> segments;

    private Uri(String text, List<String> segments) {
        this.text = text;
        this.segments = segments;
    }

    public static Uri parse(String text) {
        List<String> segments = new ArrayList<String>();
        int host = text.indexOf("://");
        int path = host < 0 ? -1 : text.indexOf('/', host + 3);
        if (path >= 0) {
            for (String segment : text.substring(path).split("/")) {
                if (!segment.isEmpty()) {
                    segments.add(decode(segment));
                }
            }
        }
        return new Uri(text, segments);
    }

    public static Uri fromParts(String scheme, String part, String fragment) {
        return new Uri(scheme + ":" + part, new ArrayList<String>());
    }

    public List<String> getPathSegments() {
        return segments;
    }

    @Override
    public String toString() {
        return text;
    }

    private static String decode(String text) {
        return text.replace("%20", " ").replace("%2F", "/").replace("%2E", ".").replace("%25", "%");
    }

    public static final class Builder {
        private String scheme;
        private String authority;
        private String path = "";

        public Builder scheme(String scheme) {
            this.scheme = scheme;
            return this;
        }

        public Builder authority(String authority) {
            this.authority = authority;
            return this;
        }

        public Builder appendPath(String segment) {
            path += "/" + segment.replace("%", "%25").replace("/", "%2F").replace(" ", "%20");
            return this;
        }

        public Uri build() {
            return parse(scheme + "://" + authority + path);
        }
    }
}
