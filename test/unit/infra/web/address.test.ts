// An address is public only where everybody agrees that it is.
import { expect, it } from "vitest";
import { isPublicAddress } from "../../../../infra/web/address.ts";

it("addresses of the open internet are public", () => {
  const open = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1"];
  const open6 = ["2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "2001:4860:4860::8888", "2400:cb00::1"];
  for (const address of [...open, ...open6]) expect([address, isPublicAddress(address)]).toEqual([address, true]);
});

it("this machine, private networks, metadata, multicast and addresses with another one inside are not", () => {
  const closed = [
    ["0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"],
    ["169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255"],
    ["::", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1"],
    ["64:ff9b:1::1", "fe80::1", "fe80::1%eth0", "2606:4700::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1"],
    ["2002:7f00:1::", "2001::1", "2001:0:1:2::3", "2001:db8::1", "3fff::1", "4000::1", "100::1"],
  ].flat();
  for (const address of closed) expect([address, isPublicAddress(address)]).toEqual([address, false]);
});

it("what is no address in its usual form is not", () => {
  for (const text of ["", "localhost", "127.1", "2130706433", "0x7f.1", "1.1.1.1:80", "[2606::1]", " 1.1.1.1"]) {
    expect([text, isPublicAddress(text)]).toEqual([text, false]);
  }
});
