// Bodies of the nibble-tree mixing kernels, written once over `Tree` (the 16 lanes of one input) and `Trees` (kTrees
// inputs side by side). Saturating sums are taken in one written order: even inputs, odd inputs, then both.
namespace fastnz::kernels {
namespace {
namespace tree {

constexpr int16_t kStateBits = 15, kProbabilityBits = 0x7FF8;  // of a cell, and of a cell shifted right by one

inline Trees probability_q15(Trees cell) { return and_bits(shift_right_logical<1>(cell), broadcast_trees(kProbabilityBits)); }

// P(1) in q15 of a logarithm of odds: t / (1 + t) or 1 / (1 + t) with t = 2^-|x|, linear between powers of two, and a
// cubic for 1 / (1 + t) that is exact at 0 and within 0.4 % elsewhere.
inline Tree squash_q15(Tree x) {
  const Tree size = magnitude(x);
  const Tree whole = shift_right_logical<10>(size), fraction = and_bits(size, broadcast_tree(1023));
  const Tree mantissa = subtract(broadcast_tree(2047), fraction);                           // (1024..2047]: just below 2^11
  const Tree t = multiply_high_unsigned(shift_left<5>(mantissa), power_of_two_down(whole));  // q15, at least 0
  Tree u = multiply_round_q15(t, broadcast_tree(-8983));
  u = multiply_round_q15(t, add(u, broadcast_tree(24513)));
  u = multiply_round_q15(t, add(u, broadcast_tree(-31915)));
  u = add(u, broadcast_tree(32767));                        // 1 / (1 + t)
  const Tree low = multiply_round_q15(t, u);                // t / (1 + t)
  const Tree p = select(negative(x), low, subtract(broadcast_tree(32767), low));
  return minimum(maximum(p, broadcast_tree(1)), broadcast_tree(32766));
}

// Where an answer stands between the columns of an adaptive probability map: 15 steps of 1024.
inline Tree apm_position(Tree x) {
  const Tree within = minimum(maximum(x, broadcast_tree(-12287)), broadcast_tree(12287));
  return multiply_high_unsigned(add(within, broadcast_tree(12288)), broadcast_tree(static_cast<int16_t>(40960)));  // * 5 / 8
}

// Contexts with an even and with an odd number have lines of their own, so that the two inputs that one vector may take
// together never share cells.
inline uint64_t line_number(uint32_t hash, uint32_t mask, int context) {
  return ((hash & mask) & ~uint32_t{2}) | (static_cast<uint32_t>(context) & 1) << 1;
}

// Of the pair of lines that a context may have.
inline int16_t* first_line(const NibbleMixState* s, int context) {
  return s->lines + line_number(s->hash[context], s->line_mask, context) * kNibbleLineLanes;
}
inline int16_t* other_line(const NibbleMixState* s, int context) {
  return s->lines + (line_number(s->hash[context], s->line_mask, context) ^ 1) * kNibbleLineLanes;
}

inline int16_t* overflow_line(const NibbleMixState* s, int context, uint32_t nibble, int16_t* check) {
  uint32_t h = (s->hash[context] + nibble * 0x3D4D51CBu) * 0x9E3779B1u;
  h ^= h >> 15;
  *check = static_cast<int16_t>((h >> 16) | 1);
  return s->overflow + line_number(h * 0x85EBCA6Bu >> 1, s->overflow_mask, context) * kNibbleLineLanes;
}

inline void clear(int16_t* cells) { store_tree(cells, broadcast_tree(kNibbleNewCell)); }

void nibble_mix_prefetch(const NibbleMixState* s) {
  for (int i = 0; i < s->contexts; ++i) {
    const int16_t* const pair = s->lines + (line_number(s->hash[i], s->line_mask, i) & ~uint64_t{1}) * kNibbleLineLanes;
    __builtin_prefetch(pair);
    __builtin_prefetch(pair + kNibbleLineLanes);
  }
}

// The one of the pair whose first bit is the less known makes room.
void nibble_mix_find_first(NibbleMixState* s) {
  for (int i = 0; i < s->contexts; ++i) {
    const auto check = static_cast<int16_t>(((s->hash[i] >> 16) * 0x9E37u) | 1);
    int16_t* a = first_line(s, i);
    if (a[0] != check) {
      int16_t* const b = other_line(s, i);
      if (b[0] == check) {
        a = b;
      } else {
        if ((b[1] & kStateBits) < (a[1] & kStateBits)) a = b;
        clear(a);
        clear(a + kNibbleSecond);
        a[0] = check;
        a[kNibbleSecond] = 0;
      }
    }
    s->line[i] = s->slot[i] = a;
  }
}

void nibble_mix_find_second(NibbleMixState* s, uint32_t first_nibble) {
  const auto tag = static_cast<int16_t>(first_nibble + 1);
  for (int i = 0; i < s->contexts; ++i) {
    int16_t* a = s->line[i] + kNibbleSecond;
    if (a[0] != tag) {
      if (a[0] == 0) {
        a[0] = tag;
      } else {
        int16_t check;
        a = overflow_line(s, i, first_nibble, &check);
        if (a[0] != check) {
          int16_t* const b = a + kNibbleSecond;
          if (b[0] == check) {
            a = b;
          } else {
            if ((b[1] & kStateBits) < (a[1] & kStateBits)) a = b;
            clear(a);
            a[0] = check;
          }
        }
      }
    }
    s->slot[i] = a;
  }
}

void nibble_mix_prefetch_second(const NibbleMixState* s, uint32_t first_nibble) {
  const auto tag = static_cast<int16_t>(first_nibble + 1);
  for (int i = 0; i < s->contexts; ++i) {
    const int16_t* const own = s->line[i] + kNibbleSecond;
    int16_t check;
    const int16_t* const other = overflow_line(s, i, first_nibble, &check);
    __builtin_prefetch(own[0] == 0 || own[0] == tag ? own : other);
  }
}

template <int Networks>
inline void predict(NibbleMixState* __restrict s) {
  const NibbleMixTables* const t = s->tables;
  const TreeTable confidence = load_table(t->confidence_q7);
  const int16_t* __restrict const a = s->weights[0];
  const int16_t* __restrict const b = s->weights[1];
  const int16_t* __restrict const c = s->weights[2];
  const int16_t* __restrict const d = s->weights[3];
  // The rows in use, added up in this order.
  const auto weights_at = [=](int i) {
    const int k = i * kNibbleLanes;
    const Trees w = add_saturate(add_saturate(load_trees(a + k), load_trees(b + k)), load_trees(c + k));
    if constexpr (Networks > 0) return add_saturate(w, load_trees(d + k));
    else return w;
  };
  int16_t* const* __restrict const slot = s->slot;
  const int cells = s->cells;
  for (int k = 0; k < Networks; ++k) {
    int16_t* const odds = s->x[cells + kNibbleOthers + k * kNibbleNetwork];
    const Tree within = minimum(maximum(load_tree(odds), broadcast_tree(-kNibbleLimit_q10)), broadcast_tree(kNibbleLimit_q10));
    store_tree(odds, within);
    store_tree(odds + kNibbleLanes, stretch(shift_right_logical<1>(refine(s->network_map[k], apm_position(within)))));
  }
  Answer answer = zero_answer();
  for (int i = 0; i < cells; i += kTrees) {
    const Trees cell = load_slots(slot + i);
    const Trees state = and_bits(cell, broadcast_trees(kStateBits)), p = probability_q15(cell);
    const Trees own = multiply_round_q15(stretch(p), shift_left<8>(look_up(confidence, state)));
    const Trees learnt = or_bits(look_up(load_own_tables(s->sole_low[i]), state), shift_left<8>(look_up(load_own_tables(s->sole_high[i]), state)));
    const Trees x = add(own, with_sign_of(learnt, subtract(p, broadcast_trees(16384))));
    store_trees(s->x[i], x);
    answer = accumulate(answer, multiply_round_q15(x, weights_at(i)), i);
  }
  for (int i = cells; i < cells + kNibbleOthers + Networks * kNibbleNetwork; i += kTrees)
    answer = accumulate(answer, multiply_round_q15(load_trees(s->x[i]), weights_at(i)), i);
  Tree sum = total(answer);
  sum = add_saturate(sum, sum);  // q14 weights through a q15 product
  if constexpr (Networks > 0) sum = add_saturate(sum, load_tree(s->readout_q10));
  sum = minimum(maximum(sum, broadcast_tree(-kNibbleLimit_q10)), broadcast_tree(kNibbleLimit_q10));
  store_tree(s->answer_q10, sum);
  const Tree mixed = squash_q15(sum);
  store_tree(s->mixed_q15, mixed);
  Tree p1 = shift_left<1>(mixed);
  if (s->apm != nullptr) p1 = halfway(p1, refine(s->apm, apm_position(sum)));
  if constexpr (Networks > 0) p1 = halfway(p1, refine(s->network_apm, apm_position(sum)));
  store_tree(reinterpret_cast<int16_t*>(s->p1_q16), p1);
}

void readout_odds_q10(const int16_t* rows, const int16_t* x, int width, int16_t* odds) {
  for (int node = 1; node < kNibbleLanes; ++node) {
    const int16_t* const row = rows + node * width;
    Sums sums = zero_sums();
    for (int i = 0; i < width; i += kTrees * kNibbleLanes) sums = add_products(sums, load_trees(row + i), load_trees(x + i));
    const int32_t odds_q10 = total_of(sums) >> kReadoutShift;
    odds[node] = static_cast<int16_t>(odds_q10 < -kReadoutMost_q10 ? -kReadoutMost_q10 : odds_q10 > kReadoutMost_q10 ? kReadoutMost_q10 : odds_q10);
  }
}

void readout_learn(const int16_t* x, int width, int16_t step, int16_t* row) {
  const Trees steps = broadcast_trees(step);
  for (int i = 0; i < width; i += kTrees * kNibbleLanes)
    store_trees(row + i, add_saturate(load_trees(row + i), multiply_round_q15(shift_left<8>(load_trees(x + i)), steps)));
}

void nibble_mix_predict(NibbleMixState* s) {
  s->networks == 0 ? predict<0>(s) : s->networks == 1 ? predict<1>(s) : predict<2>(s);
}

// Moves the nearer column at each of the four nodes passed by 1/64 of the way; position: [kNibbleLanes].
inline void update_map(uint16_t* rows, const int16_t* position, int nibble) {
  for (int k = 3, node = 1; k >= 0; --k) {
    const int bit = nibble >> k & 1, at = position[node];
    uint16_t* const near = rows + node * kNibbleApmColumns + (at >> 10) + (at >> 9 & 1);
    *near = static_cast<uint16_t>(*near + ((bit * 65535 - *near) >> 6));
    node = node * 2 + bit;
  }
}

template <int Networks>
inline void update_weights(NibbleMixState* __restrict s, Trees errors, int cells) {
  int16_t* __restrict const a = s->weights[0];
  int16_t* __restrict const b = s->weights[1];
  int16_t* __restrict const c = s->weights[2];
  int16_t* __restrict const d = s->weights[3];
  for (int i = 0; i < cells + kNibbleOthers + Networks * kNibbleNetwork; i += kTrees) {
    const int k = i * kNibbleLanes;
    const Trees step = multiply_round_q15(shift_left<1>(load_trees(s->x[i])), errors);
    store_trees(a + k, add_saturate(load_trees(a + k), step));
    store_trees(b + k, add_saturate(load_trees(b + k), step));
    store_trees(c + k, add_saturate(load_trees(c + k), step));
    if constexpr (Networks > 0) store_trees(d + k, add_saturate(load_trees(d + k), step));
  }
}

void nibble_mix_update(NibbleMixState* __restrict s, int nibble) {
  const NibbleMixTables* const t = s->tables;
  const Tree path = load_tree(t->path[nibble]), target = load_tree(t->target[nibble]);
  const Tree err = multiply_round_q15(and_bits(subtract(target, load_tree(s->mixed_q15)), path), broadcast_tree(static_cast<int16_t>(s->learning_rate_q9)));
  const int cells = s->cells, networks = s->networks;
  networks == 0   ? update_weights<0>(s, repeat(err), cells)
  : networks == 1 ? update_weights<1>(s, repeat(err), cells)
                  : update_weights<2>(s, repeat(err), cells);

  alignas(64) int16_t position[kNibbleLanes];
  for (int k = 0; k < networks; ++k) {
    store_tree(position, apm_position(load_tree(s->x[cells + kNibbleOthers + k * kNibbleNetwork])));
    update_map(s->network_map[k], position, nibble);
  }
  if (s->apm != nullptr || networks != 0) store_tree(position, apm_position(load_tree(s->answer_q10)));
  if (s->apm != nullptr) update_map(s->apm, position, nibble);
  if (networks != 0) update_map(s->network_apm, position, nibble);

  const uint32_t dither = s->dither;
  s->dither = dither * 0x2C1B3C6Du + 0x297A2D39u;
  // One of the four nodes passed tells how well the sole states of every second input foretold it.
  const uint32_t depth = dither >> 27 & 3, node = (16u | static_cast<uint32_t>(nibble)) >> (4 - depth), bit = (static_cast<uint32_t>(nibble) >> (3 - depth)) & 1;
  for (int i = static_cast<int>(dither >> 29 & 1); i < cells; i += 2) {
    const uint32_t cell = static_cast<uint16_t>(s->slot[i][node]);
    uint16_t* const q = &s->sole_q16[i][cell & 15];
    const int32_t aim = (cell >> 15) == bit ? 65535 : 0;
    *q = static_cast<uint16_t>(*q + ((aim - *q) >> 7));
  }

  const TreeTable rate = load_table(t->rate_q8), same = load_table(t->next_same[dither >> 30]), other = load_table(t->next_other);
  const Trees noise = broadcast_trees(static_cast<int16_t>(dither >> 24 & 7));
  const Trees paths = repeat(path), targets = repeat(target), kinds = shift_left<1>(targets);
  for (int i = 0; i < cells; i += kTrees) {
    const Trees cell = load_slots(s->slot + i);
    const Trees state = and_bits(cell, broadcast_trees(kStateBits)), before = probability_q15(cell);
    const Trees step = multiply_round_q15(subtract(targets, before), shift_left<7>(look_up(rate, state)));
    const Trees after = and_bits(add_saturate(add(before, step), noise), broadcast_trees(kProbabilityBits));
    const Trees next = select(negative(exclusive_or(kinds, cell)), look_up(other, state), look_up(same, state));
    store_slots(s->slot + i, select(paths, or_bits(shift_left<1>(after), next), cell));
  }

  if (++s->turn == 64) {
    s->turn = 0;
    for (int i = 0; i < cells; ++i)
      for (int k = 1; k < kNibbleSoleStates; ++k) {
        const auto value = static_cast<uint16_t>(t->stretch_q10[s->sole_q16[i][k] >> 4]);
        s->sole_low[i][k] = s->sole_low[i][k + 16] = static_cast<uint8_t>(value);
        s->sole_high[i][k] = s->sole_high[i][k + 16] = static_cast<uint8_t>(value >> 8);
      }
  }
}

}  // namespace tree
}  // namespace
}  // namespace fastnz::kernels
