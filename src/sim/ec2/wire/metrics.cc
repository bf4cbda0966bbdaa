#include "sim/ec2/wire/metrics.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/ec2/wire/params.h"
#include "sim/ec2/wire/query_services.h"
#include "sim/ec2/wire/services.h"
#include "sim/ec2/wire/text.h"

namespace mayfly::ec2 {
namespace {

struct Question {
  std::string id, space, name, statistic;
  std::vector<std::string> dimensions;  // their values
  Duration period = minutes(5);
  Instant from, to;
};

Answer<Question> ReadQuestion(const Params& params, const std::string& item) {
  const std::string metric = item + ".MetricStat.Metric";
  Question question{.id = params.Text(item + ".Id"),
                    .space = params.Text(metric + ".Namespace"),
                    .name = params.Text(metric + ".MetricName"),
                    .statistic = params.Text(item + ".MetricStat.Stat"),
                    .dimensions = {}};
  for (const std::string& one : params.Items(metric + ".Dimensions.member")) {
    question.dimensions.push_back(params.Text(one + ".Value"));
  }
  TRY_ASSIGN(const std::int64_t period, params.Number(item + ".MetricStat.Period", 300));
  question.period = seconds(std::max<std::int64_t>(period, 1));
  const Result<Instant> from = ParseInstant(params.Text("StartTime"));
  const Result<Instant> to = ParseInstant(params.Text("EndTime"));
  if (from.ok() && to.ok()) {
    question.from = *from;
    question.to = *to;
    return question;
  }
  return Refusal{"InvalidParameterValue", "StartTime and EndTime are needed"};
}

double Summarise(const std::string& statistic, const std::vector<double>& values) {
  if (statistic == "Maximum") return *std::max_element(values.begin(), values.end());
  if (statistic == "Minimum") return *std::min_element(values.begin(), values.end());
  double sum = 0;
  for (double value : values) sum += value;
  return statistic == "Sum" ? sum : sum / static_cast<double>(values.size());
}

bool IsAbout(const Series& series, const Question& question) {
  return series.space == question.space && series.name == question.name &&
         std::find(question.dimensions.begin(), question.dimensions.end(), series.dimension) !=
             question.dimensions.end();
}

// The values by the period of the question that they fall into.
std::map<Instant, std::vector<double>> Grouped(const Series& series, const Question& question) {
  std::map<Instant, std::vector<double>> groups;
  for (std::size_t i = 0; i < series.values.size(); ++i) {
    const auto before_end = static_cast<std::int64_t>(series.values.size() - i);
    const Instant at = series.until - before_end * series.period;
    if (at < question.from || at >= question.to) continue;
    groups[question.from + (at - question.from) / question.period * question.period].push_back(
        series.values[i]);
  }
  return groups;
}

std::string ResultXml(const Services& services, const Question& question) {
  Xml times, values;
  times.Open("Timestamps");
  values.Open("Values");
  for (const Series& series : services.series) {
    if (!IsAbout(series, question)) continue;
    for (const auto& [at, group] : Grouped(series, question)) {
      times.Leaf("member", Stamp(at));
      values.Leaf("member", fmt::format("{}", Summarise(question.statistic, group)));
    }
  }
  Xml xml;
  return xml.Open("member")
      .Leaf("Id", question.id)
      .Leaf("Label", question.name)
      .Raw(times.Close("Timestamps").text())
      .Raw(values.Close("Values").text())
      .Leaf("StatusCode", "Complete")
      .Close("member")
      .text();
}

}  // namespace

HttpReply AnswerCloudWatch(Services& services, const Params& params) {
  const std::string action = params.Text("Action");
  if (action != "GetMetricData") {
    return RefuseQuery({"InvalidAction", "Could not find operation " + action, 400});
  }
  std::string results;
  for (const std::string& item : params.Items("MetricDataQueries.member")) {
    const Answer<Question> question = ReadQuestion(params, item);
    if (!question.ok()) return RefuseQuery(question.error());
    results += ResultXml(services, *question);
  }
  HttpReply reply;
  reply.body = fmt::format(
      "<GetMetricDataResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\">"
      "<GetMetricDataResult><MetricDataResults>{}</MetricDataResults><Messages/>"
      "</GetMetricDataResult><ResponseMetadata><RequestId>{:032}</RequestId></ResponseMetadata>"
      "</GetMetricDataResponse>",
      results, services.requests);
  return reply;
}

}  // namespace mayfly::ec2
