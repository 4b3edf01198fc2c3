import { lookup as lookUpName, promises, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { CodedError } from '#errors';

/** Addresses that do not belong to one place of the public internet. @see https://www.iana.org/assignments/iana-ipv4-special-registry */
const PRIVATE = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  PRIVATE.addSubnet(network, bits, 'ipv4');
}
for (const [network, bits] of [
  ['::', 128],
  ['::1', 128],
  // Addresses that stand for IPv4 ones, whichever these are.
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  PRIVATE.addSubnet(network, bits, 'ipv6');
}

/** Whether an IP address is one of this machine, of a private network, or of nobody. */
export function isPrivateAddress(address: string): boolean {
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** Whether an address that stands in a URL may be called; for names, {@link publicLookup} decides when they are looked up. */
export function isPrivateHost({ hostname }: URL): boolean {
  const address = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return isIP(address) !== 0 && isPrivateAddress(address);
}

/**
 * Tells who makes a webhook at once that nothing will be sent to it. A name that cannot be looked up now may be known later.
 *
 * @throws invalid_value
 */
export async function refusePrivateUrl(text: string): Promise<void> {
  if (!URL.canParse(text)) return;
  const url = new URL(text);
  const addresses = isPrivateHost(url) ? [] : await promises.lookup(url.hostname, { all: true }).catch(() => null);
  if (addresses === null || addresses.some(({ address }) => !isPrivateAddress(address))) return;
  throw new CodedError(
    'invalid_value',
    `url must have a public address; ${url.hostname} is this machine or in a private network. Set WEBHOOK_PRIVATE_ADDRESSES=true for the generator to allow it.`,
    { param: 'url' },
  );
}

/**
 * Looks a name up for a connection and keeps the public addresses alone. It is done for each connection: a name that was
 * public a moment ago may not be any more.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookUpName(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, []);
      return;
    }
    const allowed = addresses.filter(({ address }) => !isPrivateAddress(address));
    const [first] = allowed;
    if (first === undefined) callback(new Error(refusal(hostname, addresses)), []);
    else if (options.all === true) callback(null, allowed);
    else callback(null, first.address, first.family);
  });
};

function refusal(hostname: string, addresses: readonly LookupAddress[]): string {
  return `${hostname} is the private address ${addresses[0]?.address ?? '(none)'} (WEBHOOK_PRIVATE_ADDRESSES)`;
}
