// SPDX-License-Identifier: Apache-2.0
// Encoders with random weights as ONNX files, in the form that ONNX Runtime runs fastest: its own fused
// operators (com.microsoft), and for int8 its dynamic quantisation with one scale a column. The protobuf
// wire format (onnx.proto, ModelProto) is written directly.

const varint = n => {
  const bytes = [];
  for (n = BigInt.asUintN(64, BigInt(n)); n > 127n; n >>= 7n) bytes.push(Number(n & 127n) | 128);
  return Buffer.from([...bytes, Number(n)]);
};
const key = (field, wire) => varint((field << 3) | wire);
const int = (field, value) => Buffer.concat([key(field, 0), varint(value)]);
const float = (field, value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([key(field, 5), bytes]);
};
const data = (field, value) => {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value);
  return Buffer.concat([key(field, 2), varint(bytes.length), bytes]);
};
const message = (field, ...parts) => data(field, Buffer.concat(parts));

const FLOAT = 1, INT8 = 3, INT32 = 6, INT64 = 7;
const MICROSOFT = 'com.microsoft';

class Graph {
  #nodes = [];
  #tensors = [];
  #state = 1;

  // Uniform in [-0.5, 0.5); xorshift32, so that a file is the same every time.
  random() {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) / 2 ** 32 - 0.5;
  }

  node(op, inputs, output, attributes = {}, domain = '') {
    const attribute = ([name, v]) => message(5, data(1, name),
      ...(Number.isInteger(v) ? [int(3, v), int(20, 2)] : [float(2, v), int(20, 1)]));
    const outputs = Array.isArray(output) ? output : [output];
    this.#nodes.push(message(1, ...inputs.map(i => data(1, i)), ...outputs.map(o => data(2, o)), data(4, op),
      ...Object.entries(attributes).map(attribute), data(7, domain)));
    return outputs[0];
  }

  tensor(name, type, dims, array) {
    this.#tensors.push(message(5, ...dims.map(d => int(1, d)), int(2, type), data(8, name), data(9, Buffer.from(array.buffer))));
    return name;
  }

  floats(name, dims, size, middle = 0) {
    const n = dims.reduce((a, b) => a * b, 1);
    return this.tensor(name, FLOAT, dims, Float32Array.from({ length: n }, () => middle + size * this.random()));
  }

  codes(name, dims) {
    return this.tensor(name, INT8, dims, Int8Array.from({ length: dims[0] * dims[1] }, () => Math.round(this.random() * 250)));
  }

  // The file: ids [1][T] in, embedding [1][dim] out.
  file(output, dim) {
    const dimension = d => message(1, typeof d === 'string' ? data(2, d) : int(1, d));
    const value = (field, name, type, dims) => message(field, data(1, name),
      message(2, message(1, int(1, type), message(2, ...dims.map(dimension)))));
    const graph = message(7, ...this.#nodes, data(2, 'encoder'), ...this.#tensors, value(11, 'ids', INT32, [1, 'T']),
      value(12, output, FLOAT, [1, dim]));
    const opset = (domain, version) => message(8, data(1, domain), int(2, version));
    return Buffer.concat([int(1, 8), data(2, 'korora-bench'), graph, opset('', 18), opset(MICROSOFT, 1)]);
  }
}

// shape: {widths: [in of each layer..., out], heads, hidden, rows, tokens, post: norm after the parts, activation, pooler}
export function encoderOnnx(shape, int8) {
  const g = new Graph();
  const norm = (x, name, n) => g.node('LayerNormalization', [x, g.floats(name + '.g', [n], 0.1, 1), g.floats(name + '.b', [n], 0.1)],
    name, { epsilon: 1e-6, axis: -1 });
  const linear = (x, name, from, to) => {
    const bias = () => g.floats(name + '.b', [to], 0.1);
    if (int8) {
      return g.node('DynamicQuantizeMatMul', [x, g.codes(name + '.w', [from, to]), g.floats(name + '.s', [to], 1e-5, 5e-4), '', bias()],
        name, {}, MICROSOFT);
    }
    const product = g.node('MatMul', [x, g.floats(name + '.w', [from, to], 0.2)], name + '.m');
    return g.node('Add', [product, bias()], name);
  };
  const attention = (x, name, n) => {
    const bias = g.floats(name + '.b', [3 * n], 0.1);
    if (!int8) return g.node('Attention', [x, g.floats(name + '.w', [n, 3 * n], 0.2), bias], name, { num_heads: shape.heads }, MICROSOFT);
    g.node('DynamicQuantizeLinear', [x], [name + '.x', name + '.xs', name + '.xz']);
    return g.node('QAttention', [name + '.x', g.codes(name + '.w', [n, 3 * n]), bias, name + '.xs',
      g.tensor(name + '.s', FLOAT, [1], Float32Array.of(5e-4)), '', name + '.xz', g.tensor(name + '.z', INT8, [1], Int8Array.of(0))],
    name, { num_heads: shape.heads }, MICROSOFT);
  };
  const active = (x, name, n) => {
    if (shape.activation === 'relu') return g.node('Relu', [x], name);
    return g.node('Gelu', [x], name, {}, MICROSOFT);
  };

  const [width] = shape.widths;
  const words = g.node('Gather', [g.floats('words', [shape.rows, width], 0.2), 'ids'], 'word');
  g.tensor('zero', INT64, [1], BigInt64Array.of(0n));
  g.tensor('one', INT64, [1], BigInt64Array.of(1n));
  const length = g.node('Slice', [g.node('Shape', ['ids'], 'shape'), 'one', g.tensor('two', INT64, [1], BigInt64Array.of(2n))], 'length');
  const positions = g.node('Slice', [g.floats('positions', [shape.tokens, width], 0.2), 'zero', length, 'zero'], 'position');
  let x = g.node('Add', [words, positions], 'embedded');
  if (shape.post) x = norm(x, 'embedded.norm', width);
  for (let i = 0; i + 1 < shape.widths.length; i++) {
    const [from, to] = [shape.widths[i], shape.widths[i + 1]], p = `layer${i}.`;
    const read = shape.post ? x : norm(x, p + 'norm1', from);
    const mixed = linear(attention(read, p + 'attention', from), p + 'out', from, to);
    const carried = from === to ? x : linear(x, p + 'residual', from, to);
    let y = g.node('Add', [carried, mixed], p + 'sum1');
    if (shape.post) y = norm(y, p + 'norm1', to);
    const hidden = active(linear(shape.post ? y : norm(y, p + 'norm2', to), p + 'up', to, shape.hidden), p + 'active', shape.hidden);
    x = g.node('Add', [y, linear(hidden, p + 'down', shape.hidden, to)], p + 'sum2');
    if (shape.post) x = norm(x, p + 'norm2', to);
  }
  const dim = shape.widths.at(-1);
  let pooled = g.node('ReduceMean', [x, 'one'], 'pooled', { keepdims: 0 });
  if (shape.pooler) pooled = g.node('Tanh', [linear(pooled, 'pooler', dim, dim)], 'embedding');
  return g.file(pooled, dim);
}

export const shapes = {
  base: {
    widths: [256, 512, 512], heads: 4, hidden: 1536, rows: 8002, tokens: 128, post: false, activation: 'relu', pooler: true,
  },
  'random-6x384': {
    widths: Array(7).fill(384), heads: 12, hidden: 1536, rows: 30522, tokens: 512, post: true, activation: 'gelu', pooler: false,
  },
};
