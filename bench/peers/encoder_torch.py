# SPDX-License-Identifier: Apache-2.0
"""Fine-tune an encoder of the base model's shape in PyTorch, the same recipe: AdamW, batch 64, clip 1, label
smoothing 0.1, 77 labels. usage: encoder_torch.py THREADS LENGTHS [bucketed]
LENGTHS is a file with the number of tokens of each row, a line each; batches are padded to their longest row,
as is usual, and with "bucketed" rows of like lengths share one. Prints sentences a second."""
import math
import random
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


class Layer(nn.Module):
    def __init__(self, width, out, heads, hidden):
        super().__init__()
        self.width, self.heads = width, heads
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(out, eps=1e-6)
        self.qkv, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, out)
        self.residual = nn.Linear(width, out) if width != out else None
        self.up, self.down = nn.Linear(out, hidden), nn.Linear(hidden, out)

    def forward(self, x, mask):
        rows, tokens, _ = x.shape
        dim = self.width // self.heads
        q, k, v = (z.view(rows, tokens, self.heads, dim).transpose(1, 2)
                   for z in self.qkv(self.norm1(x)).chunk(3, -1))
        p = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(dim) + mask, -1)
        mixed = (p @ v).transpose(1, 2).reshape(rows, tokens, self.width)
        y = (self.residual(x) if self.residual else x) + self.mix(mixed)
        return y + self.down(F.relu(self.up(self.norm2(y))))


class Net(nn.Module):
    def __init__(self, labels):
        super().__init__()
        self.embedding, self.position = nn.Embedding(8002, 256), nn.Parameter(torch.zeros(128, 256))
        self.layers = nn.ModuleList([Layer(256, 512, 4, 1536), Layer(512, 512, 4, 1536)])
        self.pooler, self.top = nn.Linear(512, 512), nn.Linear(1024, labels)

    def forward(self, ids, there):
        x = 2 * self.embedding(ids) + self.position[:ids.shape[1]]
        mask = (1 - there)[:, None, None, :] * -1e9
        for layer in self.layers:
            x = layer(x, mask)
        state = (x * there[..., None]).sum(1) / there.sum(1, keepdim=True)
        return self.top(torch.cat([F.normalize(torch.tanh(self.pooler(state)), dim=-1), state], -1))


threads, lengths = int(sys.argv[1]), [int(x) for x in open(sys.argv[2])]
torch.set_num_threads(threads)
torch.manual_seed(1)
random.seed(1)
random.shuffle(lengths)
if len(sys.argv) > 3:
    lengths.sort()
batches = [lengths[i:i + 64] for i in range(0, len(lengths) - 63, 64)]
random.shuffle(batches)
net = Net(77)
optimizer = torch.optim.AdamW(net.parameters(), lr=2e-4)
start = done = 0
for step, batch in enumerate(batches[:33]):
    if step == 3:
        start, done = time.time(), 0
    longest = max(batch)
    ids = torch.randint(6, 8000, (64, longest))
    there = (torch.arange(longest)[None] < torch.tensor(batch)[:, None]).float()
    optimizer.zero_grad()
    F.cross_entropy(net(ids, there), torch.randint(0, 77, (64,)), label_smoothing=0.1).backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()
    done += 64
print(f"{done / (time.time() - start):.0f}")
