// Bodies of the symbol-mixing kernels, written once over `Tree`, sixteen 16-bit lanes (nibble_<isa>.h, symbol_<isa>.h).
namespace fastnz::kernels {
namespace {
namespace tree {

// The node of a hash: one of the two of its line. The less visited makes room.
inline int16_t* symbol_node(const SymbolMixState* s, uint32_t hash) {
  constexpr uint16_t kVisits = kSymbolMostVisits;
  int16_t* const a = s->lines + static_cast<uint64_t>(symbol_line(hash, s->line_mask)) * kSymbolLineLanes;
  int16_t* const b = a + kSymbolLanes;
  const auto check = static_cast<uint16_t>(hash << kSymbolVisitBits);
  const uint16_t of_a = static_cast<uint16_t>(a[0]), of_b = static_cast<uint16_t>(b[0]);
  if ((of_a & ~kVisits) == check) return a;
  if ((of_b & ~kVisits) == check) return b;
  int16_t* const node = (of_a & kVisits) <= (of_b & kVisits) ? a : b;
  store_tree(node, or_bits(load_tree(s->tables->fresh), first_lane(static_cast<int16_t>(check))));
  return node;
}

// 2^z of z in q9, linear between powers of two, in q14; above 0 as at 0.
inline Tree power_q14(Tree z) {
  const Tree below = subtract(broadcast_tree(0), maximum(minimum(z, broadcast_tree(0)), broadcast_tree(-8191)));
  const Tree fraction = and_bits(below, broadcast_tree(511));
  return multiply_high_unsigned(shift_left<5>(subtract(broadcast_tree(1023), fraction)), power_of_two_down(shift_right_logical<9>(below)));
}

// Contexts: as many as s->contexts, or 0 for any number.
template <int Contexts>
inline void predict_symbol(SymbolMixState* __restrict s, int half) {
  const int n = Contexts != 0 ? Contexts : s->contexts;
  SymbolNibble* __restrict const now = &s->nibble[half];
  const uint32_t* const hash = half == 0 ? s->hash : s->second_hash;
  for (int i = 0; i < n; ++i) now->node[i + 1] = symbol_node(s, hash[i]);
  uint32_t known = 0;
  for (int i = 0; i <= n; ++i) {
    now->visits[i] = now->node[i][0] & kSymbolMostVisits;
    if (i != 0) known = known * 4 + s->tables->known[now->visits[i]];
  }
  now->row[0] = now->known_rows + known * kSymbolInputs;
  int16_t weights_q13[kSymbolInputs];
  add_weights(now->row, weights_q13);

  const Tree sums_only = all_but_first_lane();
  Tree z[2] = {broadcast_tree(0), broadcast_tree(0)};  // of even and of odd inputs
  for (int i = 0; i <= n; ++i) {
    const Tree x = log2_q11(gaps(and_bits(load_tree(now->node[i]), sums_only), 32767));
    store_tree(now->x[i], x);
    z[i & 1] = add_saturate(z[i & 1], multiply_round_q15(x, broadcast_tree(weights_q13[i])));
  }
  Tree foretold = broadcast_tree(0);
  if (now->match >= 0) {
    foretold = and_bits(load_tree(s->tables->others[now->match]), broadcast_tree(now->match_q11));
    z[(n + 1) & 1] = add_saturate(z[(n + 1) & 1], multiply_round_q15(foretold, broadcast_tree(weights_q13[n + 1])));
  }
  store_tree(now->x[n + 1], foretold);

  // Odds of 12 to 16 bits in sum. A branch, as they seldom are not and what follows need not wait for the sum.
  const Tree logarithms = add_saturate(z[0], z[1]);
  Tree odds = power_q14(logarithms);
  const int32_t sum = sum_of_lanes(odds);
  if (sum < 4096 || sum >= 65536) [[unlikely]] {
    const Tree within = maximum(logarithms, broadcast_tree(-32767));
    odds = power_q14(add_saturate(within, negated_greatest(within)));
    if (sum_of_lanes(odds) >= 65536) odds = shift_right_logical<2>(odds);
  }
  // Sums before each symbol, brought to 2^15 less 16; each symbol at least 1.
  const Tree sums = running_sums(odds);
  const uint32_t scale = (32752u << 13) / last_lane(sums);
  const Tree before = multiply_q13(subtract(sums, odds), broadcast_tree(static_cast<int16_t>(scale)));
  store_tree(reinterpret_cast<int16_t*>(now->start_q15), add(before, lane_numbers()));
}

template <int Contexts>
inline void update_symbol(SymbolMixState* __restrict s, int half, int symbol) {
  const int n = Contexts != 0 ? Contexts : s->contexts;
  SymbolNibble* __restrict const now = &s->nibble[half];
  const SymbolMixTables* const t = s->tables;
  const Tree frequencies = gaps(load_tree(reinterpret_cast<const int16_t*>(now->start_q15)), static_cast<int16_t>(0x8000));
  const Tree error = subtract(load_tree(t->only[symbol]), frequencies);
  learn_weights(now->row, error, now->x, n + 2, s->rate_shift);
  const Tree target = load_tree(t->target[symbol]);
  for (int i = 0; i <= n; ++i) {
    const Tree node = load_tree(now->node[i]);
    const Tree step = multiply_round_q15(subtract(target, node), load_tree(t->rate_q15[now->visits[i]]));
    store_tree(now->node[i], add(add(node, step), load_tree(t->visit[now->visits[i]])));
  }
}

void symbol_mix_predict(SymbolMixState* s, int half) {
  s->contexts == 3 ? predict_symbol<3>(s, half) : predict_symbol<0>(s, half);
}

void symbol_mix_update(SymbolMixState* s, int half, int symbol) {
  s->contexts == 3 ? update_symbol<3>(s, half, symbol) : update_symbol<0>(s, half, symbol);
}

}  // namespace tree
}  // namespace
}  // namespace fastnz::kernels
