const scratch = new DataView(new ArrayBuffer(8));

/** The bits of a floating point number of 16, 32 or 64 bits; for 128 bits the bits of its high and its low word. */
export function floatBits(value: number, bits: 16 | 32 | 64 | 128): number | bigint | readonly [bigint, bigint] {
  switch (bits) {
    case 16:
      return halfBits(value);
    case 32:
      scratch.setFloat32(0, value);
      return scratch.getUint32(0);
    case 64:
      scratch.setFloat64(0, value);
      return scratch.getBigUint64(0);
    default:
      return quadBits(value);
  }
}

function halfBits(value: number): number {
  scratch.setFloat64(0, value);
  const sign = scratch.getUint16(0) & 0x8000;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return sign | 0x7e00;
  if (magnitude >= 65_520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | Math.round(magnitude * 2 ** 24);
  const exponent = Math.min(15, Math.floor(Math.log2(magnitude)));
  const fraction = Math.round((magnitude / 2 ** exponent - 1) * 1024);
  // A fraction that is rounded up to 1024 carries into the exponent, which is right.
  return sign | (((exponent + 15) << 10) + fraction);
}

function quadBits(value: number): readonly [bigint, bigint] {
  scratch.setFloat64(0, value);
  const bits = scratch.getBigUint64(0);
  const sign = (bits >> 63n) << 63n;
  const exponent = Number((bits >> 52n) & 0x7ffn);
  let fraction = bits & ((1n << 52n) - 1n);
  let wide: number;
  if (exponent === 0x7ff) wide = 0x7fff;
  else if (exponent !== 0) wide = exponent - 1023 + 16_383;
  else if (fraction === 0n) wide = 0;
  else {
    // A number that is subnormal as a double is normal here.
    wide = 16_383 - 1022;
    while (fraction >> 52n === 0n) {
      fraction <<= 1n;
      wide--;
    }
    fraction &= (1n << 52n) - 1n;
  }
  return [sign | (BigInt(wide) << 48n) | (fraction >> 4n), (fraction & 0xfn) << 60n];
}
