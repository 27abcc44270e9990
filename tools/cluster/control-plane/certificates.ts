/**
 * The certificate authority of one cluster: P-256 keys and certificates that live as long as its run, made in memory, never reused. Who trusts
 * what is decided in control-plane.ts.
 */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { CertificateSubject } from '../contract.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 24 * 60 * 60 * 1000;

export interface KeyAndCertificate {
  readonly keyPem: string;
  readonly certificatePem: string;
}

export interface KeyPairPem {
  readonly privatePem: string;
  readonly publicPem: string;
}

export class CertificateAuthority {
  readonly #keys: webcrypto.CryptoKeyPair;
  readonly #certificate: X509Certificate;

  private constructor(keys: webcrypto.CryptoKeyPair, certificate: X509Certificate) {
    this.#keys = keys;
    this.#certificate = certificate;
  }

  static async create(commonName: string): Promise<CertificateAuthority> {
    const keys = await generateKeys();
    const certificate = await X509CertificateGenerator.createSelfSigned({
      name: [{ CN: [commonName] }],
      keys,
      signingAlgorithm: algorithm,
      ...validity(),
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.digitalSignature, true),
      ],
    });
    return new CertificateAuthority(keys, certificate);
  }

  /** The authority that another process of the same run saved with `keyPem` and `certificatePem`. */
  static async load(saved: KeyAndCertificate): Promise<CertificateAuthority> {
    const certificate = new X509Certificate(saved.certificatePem);
    const privateBytes = PemConverter.decodeFirst(saved.keyPem);
    const privateKey = await webcrypto.subtle.importKey('pkcs8', privateBytes, algorithm, true, ['sign']);
    const publicKey = await certificate.publicKey.export(algorithm, ['verify'], webcrypto);
    return new CertificateAuthority({ privateKey, publicKey }, certificate);
  }

  async keyPem(): Promise<string> {
    return (await toPem(this.#keys)).privatePem;
  }

  get certificatePem(): string {
    return this.#certificate.toString('pem');
  }

  /** A certificate good for serving and for authenticating as a client. */
  async issue(subject: CertificateSubject): Promise<KeyAndCertificate> {
    const keys = await generateKeys();
    const names = [
      ...(subject.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
      ...(subject.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
    ];
    const certificate = await X509CertificateGenerator.create({
      subject: new Name([{ CN: [subject.commonName] }, ...(subject.groups ?? []).map((group) => ({ O: [group] }))]),
      issuer: this.#certificate.subjectName,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: algorithm,
      ...validity(),
      extensions: [
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
        ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
      ],
    });
    return { keyPem: (await toPem(keys)).privatePem, certificatePem: certificate.toString('pem') };
  }
}

/** For signing service-account tokens. */
export async function generateKeyPair(): Promise<KeyPairPem> {
  return await toPem(await generateKeys());
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function toPem(keys: webcrypto.CryptoKeyPair): Promise<KeyPairPem> {
  const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const publicKey = await webcrypto.subtle.exportKey('spki', keys.publicKey);
  return { privatePem: PemConverter.encode(privateKey, 'PRIVATE KEY'), publicPem: PemConverter.encode(publicKey, 'PUBLIC KEY') };
}

/** From a day ago, for clocks that differ, to a year from now. */
function validity(): { readonly notBefore: Date; readonly notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - dayMs), notAfter: new Date(now + 365 * dayMs) };
}
