// Reading bar files and generating the sample: rows a second on one core.

#include <benchmark/benchmark.h>
#include <zlib.h>

#include <algorithm>
#include <string>

#include "bars/read_bars.h"
#include "bars/sample_fx.h"
#include "base/check.h"

namespace {

using mayfly::Status;
using mayfly::bars::GenerateSample;
using mayfly::bars::kBarColumnCount;
using mayfly::bars::MakeSampleSpec;
using mayfly::bars::ReadBars;

// Two months of minutes with the first `values` numbers of each line.
std::string Bars(std::size_t values) {
  std::string text;
  const auto spec = MakeSampleSpec({}).value();
  const Status made = GenerateSample(spec, "eurusd", [&text](std::string_view chunk) {
    text += chunk;
    return Status();
  });
  CHECK(made.ok(), "the sample is made in memory");
  if (values >= kBarColumnCount) return text;
  std::string cut;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin;
    for (std::size_t commas = 0; text[end] != '\n'; ++end) {
      if (text[end] == ',' && ++commas > values) break;
    }
    cut.append(text, begin, end - begin).push_back('\n');
    begin = text.find('\n', begin) + 1;
  }
  return cut;
}

// `time,close`, made of `time,open`: the first price under another name.
std::string CloseOnly() {
  std::string text = Bars(1);
  return text.replace(0, text.find('\n'), "time,close");
}

std::string Gzip(std::string_view text) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib");
  std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib");
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

void Read(benchmark::State& state, const std::string& text) {
  std::int64_t rows = 0;
  for (auto round : state) {
    const auto result = ReadBars(text, "bench.csv", {});
    CHECK(result.ok(), "the benchmark's file is good");
    rows += static_cast<std::int64_t>(result->report.rows_read);
  }
  state.SetItemsProcessed(rows);
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

void ReadCloseOnly(benchmark::State& state) { Read(state, CloseOnly()); }
void ReadOhlcv(benchmark::State& state) { Read(state, Bars(5)); }
void ReadBidAsk(benchmark::State& state) { Read(state, Bars(kBarColumnCount)); }
void ReadOhlcvGzip(benchmark::State& state) { Read(state, Gzip(Bars(5))); }

void GenerateOnePair(benchmark::State& state) {
  const auto spec = MakeSampleSpec({}).value();
  std::int64_t rows = 0;
  for (auto round : state) {
    const Status made = GenerateSample(spec, "gbpusd", [&rows](std::string_view chunk) {
      rows += std::count(chunk.begin(), chunk.end(), '\n');
      return Status();
    });
    CHECK(made.ok(), "the sample is made in memory");
  }
  state.SetItemsProcessed(rows);
}

BENCHMARK(ReadCloseOnly)->Unit(benchmark::kMillisecond);
BENCHMARK(ReadOhlcv)->Unit(benchmark::kMillisecond);
BENCHMARK(ReadBidAsk)->Unit(benchmark::kMillisecond);
BENCHMARK(ReadOhlcvGzip)->Unit(benchmark::kMillisecond);
BENCHMARK(GenerateOnePair)->Unit(benchmark::kMillisecond);

}  // namespace
