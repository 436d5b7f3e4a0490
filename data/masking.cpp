#include "data/masking.h"

#include <algorithm>
#include <cmath>

#include "data/batches.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

using Kind = PretrainingVocabulary::Kind;

// Positions that are predicted together: one each, or the pieces of a word. Special tokens are no
// candidates, and no word reaches across one.
std::vector<std::vector<size_t>> candidates(std::span<const int32_t> ids,
                                            const PretrainingVocabulary& vocabulary,
                                            bool whole_word) {
  std::vector<std::vector<size_t>> groups;
  bool within_word = false;
  for (size_t i = 0; i < ids.size(); ++i) {
    const Kind kind = vocabulary.kind(ids[i]);
    if (whole_word && within_word && kind == Kind::continuation) {
      groups.back().push_back(i);
      continue;
    }
    within_word = kind != Kind::special;
    if (within_word) groups.push_back({i});
  }
  return groups;
}

// Which positions are predicted: whole groups in random order, as long as they fit.
std::vector<size_t> chosen_positions(std::vector<std::vector<size_t>> groups, size_t most,
                                     RandomStream& random) {
  shuffle(groups, random);
  std::vector<size_t> chosen;
  for (const std::vector<size_t>& group : groups) {
    if (chosen.size() == most) break;
    if (chosen.size() + group.size() > most) continue;
    chosen.insert(chosen.end(), group.begin(), group.end());
  }
  std::ranges::sort(chosen);
  return chosen;
}

}  // namespace

void check_masking(const MaskingOptions& options) {
  const auto check_share = [](const char* what, double share) {
    check_value(share >= 0 && share <= 1, "masking: the {} {} is outside [0, 1]", what, share);
  };
  check_share("probability", options.probability);
  check_share("share of [MASK]", options.mask_share);
  check_share("share of random tokens", options.random_share);
  check_value(options.mask_share + options.random_share <= 1,
              "masking: the shares of [MASK], {}, and of random tokens, {}, add up to more than 1",
              options.mask_share, options.random_share);
  check_value(options.most >= 0, "masking: at most {} predictions per sequence", options.most);
}

PretrainingVocabulary::PretrainingVocabulary(const WordPieceTokenizer& tokenizer)
    : start(tokenizer.id("[CLS]")),
      separator(tokenizer.id("[SEP]")),
      mask(tokenizer.id("[MASK]")),
      pad(tokenizer.id("[PAD]")) {
  const std::vector<std::string>& tokens = tokenizer.vocabulary().tokens;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const bool continues = tokens[i].starts_with(WordPieceTokenizer::prefix);
    const bool is_special = tokenizer.is_special(static_cast<int32_t>(i));
    kinds.push_back(is_special ? Kind::special : continues ? Kind::continuation : Kind::word);
  }
}

int64_t num_predictions(int64_t length, const MaskingOptions& options) {
  const double share = std::nearbyint(static_cast<double>(length) * options.probability);
  const int64_t wanted = std::max<int64_t>(1, static_cast<int64_t>(share));
  return options.most > 0 ? std::min(options.most, wanted) : wanted;
}

MaskedSequence mask_tokens(std::span<const int32_t> ids, const PretrainingVocabulary& vocabulary,
                           const MaskingOptions& options, RandomStream random) {
  MaskedSequence result{{ids.begin(), ids.end()},
                        std::vector<int32_t>(ids.size(), no_target),
                        std::vector<Hiding>(ids.size(), Hiding::none)};
  const int64_t most = num_predictions(static_cast<int64_t>(ids.size()), options);
  for (const size_t i : chosen_positions(candidates(ids, vocabulary, options.whole_word),
                                         static_cast<size_t>(most), random)) {
    result.targets[i] = ids[i];
    const double share = random.uniform();
    if (share < options.mask_share) {
      result.hiding[i] = Hiding::masked;
      result.ids[i] = vocabulary.mask;
    } else if (share < options.mask_share + options.random_share) {
      result.hiding[i] = Hiding::replaced;
      result.ids[i] = static_cast<int32_t>(random.integer(0, vocabulary.size() - 1));
    } else {
      result.hiding[i] = Hiding::kept;
    }
  }
  return result;
}

}  // namespace gradus
