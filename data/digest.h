#pragma once
// FNV-1a, 64 bits (Fowler, Noll, Vo; RFC 9923): tells whether data changed by accident between two
// runs. It is no protection against somebody who wants two texts to agree.

#include <span>
#include <string_view>

#include "tensor/real.h"

namespace gradus {

inline constexpr uint64_t fnv_start = 0xcbf29ce484222325u;

/// hash = (hash XOR byte) * prime, byte by byte. Passing the digest of what came before as `hash`
/// gives the digest of both pieces in a row.
inline uint64_t digest(std::string_view bytes, uint64_t hash = fnv_start) {
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

/// The same over ids, four bytes each, least significant first.
inline uint64_t digest(std::span<const int32_t> ids, uint64_t hash = fnv_start) {
  for (const int32_t id : ids) {
    const uint32_t bits = static_cast<uint32_t>(id);
    for (int shift = 0; shift < 32; shift += 8) {
      hash = (hash ^ ((bits >> shift) & 0xffu)) * 0x100000001b3u;
    }
  }
  return hash;
}

}  // namespace gradus
