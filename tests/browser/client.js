// A device that is a web page: calls ours through a relay, in nothing but what browsers have and transport/docs/rendezvous.md.
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { schnorr } from "@noble/curves/secp256k1.js";
import { blake3 } from "@noble/hashes/blake3.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

const { relay, host, dialKey, callee } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const say = (what) => fetch("/said", { method: "POST", body: what });
addEventListener("error", (event) => say(`error ${event.message}`));
addEventListener("unhandledrejection", (event) => say(`error ${event.reason}`));
const derive = (what) => blake3(hexToBytes(dialKey), { context: utf8ToBytes(`festival-chat 2026 rendezvous: ${what}`) });
const topicOf = (what, ...parts) => bytesToHex(blake3(concatBytes(...parts), { key: derive(what) }).slice(0, 16));
const number = (value, length) => Uint8Array.from({ length }, (_, at) => Number((BigInt(value) >> BigInt(8 * (length - 1 - at))) & 255n));
const seal = (nonce, topic) => xchacha20poly1305(derive("seal"), nonce, utf8ToBytes(topic));
const texted = (text) => concatBytes(number(text.length, 1), utf8ToBytes(text));

const connection = new RTCPeerConnection();
const channel = Object.assign(connection.createDataChannel("link", { negotiated: true, id: 0 }), { binaryType: "arraybuffer" });
channel.onopen = () => channel.send(utf8ToBytes("hello from a browser"));
channel.onmessage = ({ data }) => {
    if (typeof data !== "string") say(`frame ${new TextDecoder().decode(data)}`);
    else if (data.startsWith("ping ")) channel.send(data.replace("ping", "pong"));
};
await connection.setLocalDescription();
while (connection.iceGatheringState !== "complete") await new Promise((done) => (connection.onicegatheringstatechange = done));
const own = (line) => connection.localDescription.sdp.match(line)[1].trim();

const [day, session] = [Math.floor(Date.now() / 86_400_000), crypto.getRandomValues(new Uint8Array(16))];
const offers = topicOf("topic of offers", hexToBytes(callee), number(day, 4), utf8ToBytes(host));
const answers = topicOf("topic of answers", session, utf8ToBytes(host));
const candidates = [...connection.localDescription.sdp.matchAll(/^a=candidate:\S+ 1 udp \d+ ([\d.]+) (\d+) typ host/gim)].map(([, ip, port]) =>
    concatBytes(number(0, 1), Uint8Array.from(ip.split(".")), number(port, 2)));
const fingerprint = hexToBytes(own(/a=fingerprint:sha-256 (.*)/).replaceAll(":", "").toLowerCase());
const description = concatBytes(number(1, 1), number(0, 1), session, number(Math.floor(Date.now() / 1000), 8), fingerprint,
    texted(own(/a=ice-ufrag:(.*)/)), texted(own(/a=ice-pwd:(.*)/)), number(candidates.length, 1), ...candidates);

const secret = schnorr.utils.randomSecretKey();
const pubkey = bytesToHex(schnorr.getPublicKey(secret));
const nonce = crypto.getRandomValues(new Uint8Array(24));
const sealed = seal(nonce, offers).encrypt(concatBytes(description, new Uint8Array(472 - description.length)));
const content = btoa(String.fromCharCode(...concatBytes(nonce, sealed)));
const event = { pubkey, created_at: Math.floor(Date.now() / 1000), kind: 20420, tags: [["x", offers]], content };
const id = sha256(utf8ToBytes(JSON.stringify([0, pubkey, event.created_at, event.kind, event.tags, content])));
const socket = new WebSocket(relay);
socket.onopen = () => {
    socket.send(JSON.stringify(["REQ", "answers", { kinds: [20420], "#x": [answers] }]));
    socket.send(JSON.stringify(["EVENT", { ...event, id: bytesToHex(id), sig: bytesToHex(schnorr.sign(id, secret)) }]));
};
socket.onmessage = async ({ data }) => {
    const [type, , answer] = JSON.parse(data);
    if (type !== "EVENT" || connection.remoteDescription) return;
    const bytes = Uint8Array.from(atob(answer.content), (char) => char.charCodeAt(0));
    const plain = seal(bytes.slice(0, 24), answers).decrypt(bytes.slice(24));
    let at = 58;
    const take = (length) => plain.slice(at, (at += length));
    const [ufrag, pwd] = [0, 0].map(() => new TextDecoder().decode(take(take(1)[0])));
    const lines = Array.from({ length: take(1)[0] }, (_, n) => [n, take(1)[0] & 16 ? take(16) : take(4), take(2)]).map(([n, ip, port]) =>
        `a=candidate:${n} 1 udp ${2130706431 - n} ${ip.length === 4 ? ip.join(".") : bytesToHex(ip).match(/..../g).join(":")} ${port[0] * 256 + port[1]} typ host\r\n`);
    const theirs = bytesToHex(plain.slice(26, 58)).toUpperCase().match(/../g).join(":");
    await connection.setRemoteDescription({ type: "answer", sdp: `v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=ice-ufrag:${ufrag}\r\na=ice-pwd:${pwd}\r\na=fingerprint:sha-256 ${theirs}\r\na=setup:passive\r\na=sctp-port:5000\r\na=max-message-size:131072\r\n${lines.join("")}` });
};
