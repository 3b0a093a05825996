package android.content.res;

public class Resources {
    public int getIdentifier(String name, String type, String from) {
        return "notice".equals(name) && "drawable".equals(type) && "chat.festival".equals(from) ? 1 : 0;
    }
}
