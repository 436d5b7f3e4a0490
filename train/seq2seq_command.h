#pragma once
// What the command lines of `gradus pretrain seq2seq`, `finetune seq2seq` and `predict` share.

#include <CLI/CLI.hpp>
#include <string>

#include "nn/beam_search.h"
#include "train/seq2seq_run.h"
#include "train/settings.h"

namespace gradus {

/// What --objective may be.
inline constexpr Named<Seq2SeqTask> denoising_names[] = {
    {"span-corruption", Seq2SeqTask::span_corruption},
    {"text-infilling", Seq2SeqTask::text_infilling}};

/// "t5, bart, ..."
std::string seq2seq_presets_in_words();

/// The shape of the model, the switches of its block, lengths, tokenizer, and what every run has.
void add_seq2seq_settings(CLI::App& command, Settings<Seq2SeqOptions>& settings);

/// The settings of the preset, or of the model in `init`, with what the command line changes;
/// `asked` says what is learned from which data. Throws ValueError for what does not fit together.
Seq2SeqOptions seq2seq_options_after(const CLI::App& command, const std::string& preset,
                                     const std::string& init,
                                     const Settings<Seq2SeqOptions>& settings,
                                     const Seq2SeqOptions& asked);

/// Adds --beams, --length-penalty and --max-new-tokens, whose default is `most_tokens` in words.
void add_beam_options(CLI::App& command, BeamOptions& beams, const char* most_tokens);
/// `stored`, with what the command line says otherwise, which add_beam_options() put into `asked`.
BeamOptions beams_after(const CLI::App& command, const BeamOptions& asked, BeamOptions stored);

}  // namespace gradus
