#pragma once
// Encoder-decoders on disk: config.json and model.safetensors in one folder. What T5 or BART can
// say is stored as Hugging Face's T5ForConditionalGeneration or BartForConditionalGeneration, any
// other setting of the switches under gradus's own names.

#include <filesystem>

#include "nn/encoder_decoder.h"

namespace gradus {

/// Writes config.json and model.safetensors. Throws FileError.
void save_encoder_decoder(const EncoderDecoder& model, const std::filesystem::path& directory);
/// Writes config.json alone.
void save_encoder_decoder_config(const EncoderDecoderConfig& config,
                                 const std::filesystem::path& directory);

/// Reads the same, from gradus or from Hugging Face. Throws FileError that names the setting that
/// is not supported, or lists every missing, unexpected or misshapen tensor at once (the first
/// hundred of them).
EncoderDecoder load_encoder_decoder(const std::filesystem::path& directory);
/// A width or number of layers that is the default is read as 0, which means it.
EncoderDecoderConfig load_encoder_decoder_config(const std::filesystem::path& directory);
/// Copies the weights of a folder into an existing model, under the same rules.
void load_encoder_decoder_weights(EncoderDecoder& model, const std::filesystem::path& directory);

/// Whether a model_type (see model_type_of) is that of an encoder-decoder.
bool is_encoder_decoder(const std::string& model_type);

}  // namespace gradus
