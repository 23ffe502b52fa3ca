// Unpacks what head360/export/page/packing.py has packed.

const KINDS = {
  u1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array, u4: Uint32Array, i4: Int32Array,
  f2: Uint16Array, f4: Float32Array,
};

async function unpack(text) {
  const stream = new Blob([fromBase64(text.trim())]).stream();
  const whole = new Response(stream.pipeThrough(new DecompressionStream("deflate")));
  const block = new Uint8Array(await whole.arrayBuffer());
  const start = 8 + new DataView(block.buffer).getUint32(4, true);
  const facts = JSON.parse(new TextDecoder().decode(block.subarray(8, start)));
  const arrays = { shapes: {} };
  for (const [name, entry] of Object.entries(facts.arrays)) {
    arrays[name] = unpackArray(block, start, entry);
    arrays.shapes[name] = entry.shape;
  }
  return { facts, arrays };
}

function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

function unpackArray(block, start, { type, shape, at, stride }) {
  const size = Number(type[1]);
  const count = shape.reduce((product, side) => product * side, 1);
  const bytes = new Uint8Array(count * size);
  for (let k = 0; k < size; k++) {
    const from = start + at + k * count;
    for (let i = 0, to = k; i < count; i++, to += size) bytes[to] = block[from + i];
  }
  if (stride) {
    const whole = new KINDS["u" + size](bytes.buffer);
    for (let i = stride; i < count; i++) whole[i] += whole[i - stride];
  }
  return new KINDS[type](bytes.buffer);
}

// Half floats as their bits.
const oneFloat = new Float32Array(1);
const oneWord = new Uint32Array(oneFloat.buffer);

function half(value) {
  oneFloat[0] = value;
  const bits = oneWord[0];
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 255) - 112;
  if (exponent >= 31) return sign | 0x7bff;
  if (exponent <= 0) {
    if (exponent < -10) return sign;
    return sign | (((bits & 0x7fffff) | 0x800000) >>> (14 - exponent));
  }
  return sign | (((exponent << 10) | ((bits >>> 13) & 0x3ff)) + ((bits >>> 12) & 1));
}

function fromHalf(bits) {
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 0x3ff;
  const size = exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024);
  return bits & 0x8000 ? -size : size;
}

function fromHalves(halves) {
  return Float32Array.from(halves, fromHalf);
}
