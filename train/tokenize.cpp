// gradus tokenize: text to ids and back, and how BPE and WordPiece get there.

#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>

#include "data/byte_level.h"
#include "data/corpus.h"
#include "data/encoding.h"
#include "data/mapped_file.h"
#include "data/seq2seq_tokenizer.h"
#include "data/token_file.h"
#include "nn/pretrained/bert.h"
#include "nn/pretrained/encoder_decoder.h"
#include "tensor/errors.h"
#include "train/commands.h"

namespace gradus {
namespace {

struct TokenizeArguments {
  std::string tokenizer, data = "-", out;
  bool json = false, decode = false, explain = false;
};

// Ids with the bytes of the text they stand for. A piece that is not UTF-8 shows U+FFFD; the byte
// range is exact in any case.
void print_as_json(const Tokenizer& tokenizer, const std::vector<TokenPiece>& pieces) {
  nlohmann::ordered_json tokens = nlohmann::ordered_json::array();
  std::vector<int32_t> ids;
  for (const TokenPiece& token : pieces) {
    ids.push_back(token.id);
    tokens.push_back({{"id", token.id},
                      {"piece", tokenizer.decode(std::span(&token.id, 1))},
                      {"begin", token.source.begin},
                      {"end", token.source.end}});
  }
  const nlohmann::ordered_json report{{"ids", ids}, {"tokens", tokens}};
  fmt::print("{}\n", report.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

// Ids that stand in a text, with white space between them.
std::vector<int32_t> parse_ids(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  std::vector<int32_t> ids;
  while (true) {
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(space)));
    if (text.empty()) return ids;
    const std::string_view word = text.substr(0, text.find_first_of(space));
    int32_t id = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id);
    check_value(error == std::errc() && end == word.data() + word.size(),
                "tokenize: '{}' at position {} is no id", word.substr(0, 40), ids.size());
    ids.push_back(id);
    text.remove_prefix(word.size());
  }
}

// Tokens in printable bytes, a space between them.
std::string printable(const BPETokenizer& tokenizer, const std::vector<int32_t>& ids) {
  std::string text;
  for (const int32_t id : ids) {
    text += (text.empty() ? "" : " ") + to_byte_level(tokenizer.decode(std::span(&id, 1)));
  }
  return text;
}

// Merge by merge, each with its rank.
void explain(const BPETokenizer& bpe, std::string_view text) {
  for (const BPETokenizer::Explanation& piece : bpe.explain(text)) {
    fmt::print("{}\n", printable(bpe, piece.start));
    for (const auto& step : piece.steps) {
      fmt::print("{:>8}  {}\n", step.rank, printable(bpe, step.ids));
    }
  }
}

// Word by word, as the text has it, with its pieces.
void explain(const WordPieceTokenizer& tokenizer, std::string_view text) {
  const std::vector<WordPieceTokenizer::Piece> pieces = tokenizer.pieces(text);
  for (size_t first = 0, last = 0; first < pieces.size(); first = last) {
    std::string line;
    for (last = first; last < pieces.size() && pieces[last].word == pieces[first].word; ++last) {
      line += ' ' + tokenizer.vocabulary().tokens[static_cast<size_t>(pieces[last].id)];
    }
    const size_t begin = pieces[first].source.begin, end = pieces[last - 1].source.end;
    fmt::print("{:<20} {}\n", text.substr(begin, end - begin), line);
  }
}

void explain(const CharTokenizer&, std::string_view) {
  throw ValueError("tokenize: --explain shows how words are cut, and characters are not cut");
}

void write_tokens(const Tokenizer& tokenizer, const TokenizeArguments& o) {
  std::error_code none;
  const bool is_file = std::filesystem::is_regular_file(o.data, none);
  const auto start = std::chrono::steady_clock::now();
  const uint64_t count = is_file ? write_token_file(o.out, tokenizer, MappedFile(o.data).bytes())
                                 : write_token_file(o.out, tokenizer, read_corpus(o.data));
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  fmt::print(stderr, "{}: {} ids in {:.2f} s\n", o.out, count, time.count());
}

void print_bytes(const std::string& bytes) { std::fwrite(bytes.data(), 1, bytes.size(), stdout); }

// Whether the folder is that of an encoder-decoder, and not of a tokenizer alone.
bool is_text_to_text(const std::filesystem::path& folder) {
  std::error_code none;
  return std::filesystem::exists(folder / "config.json", none) &&
         is_encoder_decoder(model_type_of(folder));
}

// A source as its encoder reads it, and back.
void tokenize_source(const Seq2SeqTokenizer& tokenizer, const std::string& text,
                     const TokenizeArguments& o) {
  if (o.decode) return print_bytes(tokenizer.decode(parse_ids(text), true));
  const std::string read = tokenizer.as_read(text);
  if (o.explain) return explain(std::get<BPETokenizer>(tokenizer.tokenizer().kind()), read);
  if (o.json) return print_as_json(tokenizer.tokenizer(), tokenizer.pieces_as_read(text));
  fmt::print("{}\n", fmt::join(tokenizer.tokenizer().encode(read), " "));
}

void tokenize_command(const TokenizeArguments& o) {
  const Tokenizer tokenizer = Tokenizer::load(o.tokenizer);
  if (!o.out.empty()) return write_tokens(tokenizer, o);
  const std::string text = read_corpus(o.data);
  if (is_text_to_text(o.tokenizer)) return tokenize_source(Seq2SeqTokenizer(tokenizer), text, o);
  if (o.decode) {
    print_bytes(tokenizer.decode(parse_ids(text)));
  } else if (o.explain) {
    std::visit([&](const auto& kind) { explain(kind, text); }, tokenizer.kind());
  } else if (o.json) {
    print_as_json(tokenizer, token_pieces(tokenizer, text));
  } else {
    fmt::print("{}\n", fmt::join(tokenizer.encode(text), " "));
  }
}

}  // namespace

void add_tokenize(CLI::App& program) {
  auto o = std::make_shared<TokenizeArguments>();
  CLI::App* command = program.add_subcommand("tokenize", "Text to token ids and back");
  command
      ->add_option(
          "--tokenizer,--model", o->tokenizer,
          "Folder with a tokenizer or a model; of a text-to-text model: as its encoder reads")
      ->required();
  command->add_option("--data", o->data, "Text: a file, a folder, or - for standard input")
      ->capture_default_str();
  const auto json = command->add_flag("--json", o->json, "One object: ids, pieces, byte ranges");
  const auto decode = command->add_flag("--decode", o->decode, "Ids to text");
  const auto explain = command->add_flag(
      "--explain", o->explain, "How words are cut: BPE merge by merge, WordPiece by pieces");
  const auto out = command->add_option(
      "--out", o->out, "Write a token file, which pretrain reads; the text may exceed memory");
  decode->excludes(json)->excludes(explain)->excludes(out);
  explain->excludes(json)->excludes(out);
  json->excludes(out);
  command->callback([o] { tokenize_command(*o); });
}

}  // namespace gradus
