// All kernels compiled for one instruction set. The one symbol that this object exports is fill_neon; its flags are in
// CMakeLists.txt, so nothing here may be inline code shared with another object.
#include "kernels/float_neon.h"
#include "kernels/network_neon.h"
#include "kernels/nibble_neon.h"
#include "kernels/symbol_neon.h"

#include "kernels/fill.inl"

namespace fastnz::kernels {

void fill_neon(KernelTable* table) noexcept;
void fill_neon(KernelTable* table) noexcept { fill(table); }

}  // namespace fastnz::kernels
