#include "adapters/aws/cloudwatch.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "adapters/aws/xml.h"

namespace mayfly::aws {
namespace {

constexpr int kMostPages = 50;

Query QueryOf(const MetricQuestion& question, const std::string& token) {
  const std::string data = "MetricDataQueries.member.1.";
  const std::string metric = data + "MetricStat.Metric.";
  Query query("GetMetricData", "2010-08-01");
  query.Set("StartTime", FormatInstant(question.from))
      .Set("EndTime", FormatInstant(question.to))
      .Set("ScanBy", "TimestampAscending")
      .Set(data + "Id", "m1")
      .Set(metric + "Namespace", question.space)
      .Set(metric + "MetricName", question.name)
      .SetInt(data + "MetricStat.Period", question.period.count())
      .Set(data + "MetricStat.Stat", question.statistic)
      .SetFlag(data + "ReturnData", true)
      .SetUnlessEmpty("NextToken", token);
  for (std::size_t i = 0; i < question.dimensions.size(); ++i) {
    const std::string one = fmt::format("{}Dimensions.member.{}.", metric, i + 1);
    query.Set(one + "Name", question.dimensions[i].first)
        .Set(one + "Value", question.dimensions[i].second);
  }
  return query;
}

// Two lists of equal length, of times and values.
Status TakePoints(pugi::xml_node series, std::vector<MetricPoint>& points) {
  const std::vector<pugi::xml_node> times = Items(series, "Timestamps", "member");
  const std::vector<pugi::xml_node> values = Items(series, "Values", "member");
  if (times.size() != values.size()) return Corrupt("more times than values, or fewer");
  for (std::size_t i = 0; i < times.size(); ++i) {
    const std::string_view text = values[i].text().get();
    Result<Instant> at = ParseInstant(times[i].text().get());
    MetricPoint point;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), point.value);
    const bool is_number = read.ec == std::errc() && read.ptr == text.data() + text.size();
    if (!at.ok() || !is_number || !std::isfinite(point.value)) {
      return Corrupt("a point without time or value");
    }
    point.at = *at;
    points.push_back(point);
  }
  return {};
}

}  // namespace

Result<std::vector<MetricPoint>> GetMetricData(Caller& caller, const MetricQuestion& question) {
  std::vector<MetricPoint> points;
  std::string token;
  for (int page = 0; page < kMostPages; ++page) {
    TRY_ASSIGN(const HttpResponse response,
               caller.Send(QueryCall(Service::kCloudWatch, QueryOf(question, token))));
    TRY_ASSIGN(const XmlAnswer answer, XmlAnswer::Parse(response.body, "GetMetricDataResponse"));
    const pugi::xml_node result = answer.root().child("GetMetricDataResult");
    if (!result.child("MetricDataResults")) return Corrupt("cloudwatch GetMetricData: no list");
    for (pugi::xml_node series : Items(result, "MetricDataResults", "member")) {
      Status taken = TakePoints(series, points);
      if (!taken.ok()) return taken.error().Within("cloudwatch GetMetricData");
    }
    token = Text(result, "NextToken");
    if (!token.empty()) continue;
    std::sort(points.begin(), points.end(),
              [](const MetricPoint& a, const MetricPoint& b) { return a.at < b.at; });
    return points;
  }
  return Exhausted("cloudwatch GetMetricData: too many pages; ask for less time");
}

}  // namespace mayfly::aws
