/**
 * Which addresses lie in the open internet. Everything else (this machine, private networks, cloud metadata, addresses
 * that carry another one inside) is nobody's business of an agent; what is not known to be public counts as not.
 */
import { BlockList, isIP } from "node:net";

/** IANA's special-purpose registry for IPv4, and what is no unicast: [network, bits]. */
const NOT_PUBLIC_4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8], // this network
  ["10.0.0.0", 8], // private
  ["100.64.0.0", 10], // shared by carriers, and by some clouds for their metadata
  ["127.0.0.0", 8], // loopback
  ["169.254.0.0", 16], // link-local, cloud metadata
  ["172.16.0.0", 12], // private
  ["192.0.0.0", 24], // protocol assignments
  ["192.0.2.0", 24], // documentation
  ["192.88.99.0", 24], // 6to4 relays
  ["192.168.0.0", 16], // private
  ["198.18.0.0", 15], // benchmarks
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, broadcast
];

/** What of 2000::/3 is not simply a host: the rest of IPv6 is not public to begin with. */
const NOT_PUBLIC_6: readonly (readonly [string, number])[] = [
  ["2001::", 23], // Teredo, ORCHID, benchmarks
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4: an IPv4 address inside
  ["3fff::", 20], // documentation
];

const closed = new BlockList();
for (const [network, bits] of NOT_PUBLIC_4) closed.addSubnet(network, bits, "ipv4");
for (const [network, bits] of NOT_PUBLIC_6) closed.addSubnet(network, bits, "ipv6");
/** Global unicast, the only part of IPv6 that is handed out for it: mapped, translated, local and multicast lie outside. */
const global6 = new BlockList();
global6.addSubnet("2000::", 3, "ipv6");

/** False for whatever is no address in its usual form, too. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !closed.check(address, "ipv4");
    case 6:
      // A zone (fe80::1%eth0) names a link of this machine.
      return !address.includes("%") && global6.check(address, "ipv6") && !closed.check(address, "ipv6");
    default:
      return false;
  }
}
