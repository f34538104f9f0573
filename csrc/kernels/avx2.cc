// All kernels compiled for one instruction set. The one symbol that this object exports is fill_avx2; its flags are in
// CMakeLists.txt, so nothing here may be inline code shared with another object.
#include "kernels/float_avx2.h"
#include "kernels/network_avx2.h"
#include "kernels/nibble_avx2.h"
#include "kernels/symbol_avx2.h"

#include "kernels/fill.inl"

namespace fastnz::kernels {

void fill_avx2(KernelTable* table) noexcept;
void fill_avx2(KernelTable* table) noexcept { fill(table); }

}  // namespace fastnz::kernels
