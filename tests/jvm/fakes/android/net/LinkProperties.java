package android.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

public final class LinkProperties {
    private final List<LinkAddress> addresses = new ArrayList<LinkAddress>();

    LinkProperties(String... addresses) {
        for (String address : addresses) {
            try {
                this.addresses.add(new LinkAddress(InetAddress.getByName(address), address.contains(":") ? 64 : 24));
            } catch (UnknownHostException never) {
                throw new IllegalArgumentException(never);
            }
        }
    }

    public List<LinkAddress> getLinkAddresses() {
        return addresses;
    }
}
