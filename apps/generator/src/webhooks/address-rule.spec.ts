import { describe, expect, it } from 'vitest';
import { isPrivateAddress, isPrivateHost, publicLookup, refusePrivateUrl } from './address-rule.js';

function lookUp(hostname: string, all: boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    publicLookup(hostname, { all }, (error, address) => {
      if (error === null) resolve(address);
      else reject(error);
    });
  });
}

describe('the rule about addresses', () => {
  it.each([
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1'],
    ...['172.31.255.255', '192.168.1.1', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
    ...['::', '::1', 'fc00::1', 'fdff::1', 'fe80::1', 'ff02::1', '::ffff:127.0.0.1', '::ffff:a00:1'],
    ...['64:ff9b::7f00:1', '2002:7f00:1::'],
  ])('%s is private', (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  it.each(['1.1.1.1', '8.8.8.8', '172.15.0.1', '172.32.0.1', '192.167.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])(
    '%s is public',
    (address) => {
      expect(isPrivateAddress(address)).toBe(false);
    },
  );

  it.each(['http://127.0.0.1:1', 'http://2130706433', 'http://0x7f.1', 'https://[::1]/x', 'http://[::ffff:7f00:1]'])(
    'sees through %s',
    async (url) => {
      expect(isPrivateHost(new URL(url))).toBe(true);
      await expect(refusePrivateUrl(url)).rejects.toMatchObject({ code: 'invalid_value', param: 'url' });
    },
  );

  it('holds for names, when they are given and when they are connected to', async () => {
    expect(isPrivateHost(new URL('http://localhost'))).toBe(false);
    await expect(refusePrivateUrl('http://localhost:3000')).rejects.toMatchObject({ code: 'invalid_value' });
    await expect(lookUp('localhost', true)).rejects.toThrow('localhost is the private address');
    await expect(lookUp('localhost', false)).rejects.toThrow('localhost is the private address');
  });

  it('lets public addresses and unknown names be given', async () => {
    await expect(refusePrivateUrl('https://1.1.1.1/hook')).resolves.toBeUndefined();
    await expect(refusePrivateUrl('https://nowhere.invalid/hook')).resolves.toBeUndefined();
    await expect(lookUp('1.1.1.1', true)).resolves.toEqual([{ address: '1.1.1.1', family: 4 }]);
    await expect(lookUp('1.1.1.1', false)).resolves.toBe('1.1.1.1');
  });
});
