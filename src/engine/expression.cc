#include "engine/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/check.h"

namespace mayfly::engine {
namespace {

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();

template <typename T>
T Pop(std::vector<T>& stack) {
  CHECK(!stack.empty(), "an expression's operands come before its operations");
  T top = std::move(stack.back());
  stack.pop_back();
  return top;
}

double GreatestOf(double a, double b) {
  if (std::isnan(a)) return b;
  return a < b ? b : a;
}

}  // namespace

Expression Expression::Column(std::string name) {
  Expression expression;
  expression.steps_.push_back({Op::kColumn, std::move(name), 0});
  return expression;
}

Expression Expression::Constant(double value) {
  CHECK(std::isfinite(value), "a constant of an expression is a number");
  Expression expression;
  expression.steps_.push_back({Op::kConstant, "", value});
  return expression;
}

Expression Expression::Apply(Op op, const Expression& a, const Expression& b) {
  Expression both = a;
  both.steps_.insert(both.steps_.end(), b.steps_.begin(), b.steps_.end());
  both.steps_.push_back({op, "", 0});
  return both;
}

Expression operator+(const Expression& a, const Expression& b) {
  return Expression::Apply(Expression::Op::kAdd, a, b);
}
Expression operator-(const Expression& a, const Expression& b) {
  return Expression::Apply(Expression::Op::kSubtract, a, b);
}
Expression operator*(const Expression& a, const Expression& b) {
  return Expression::Apply(Expression::Op::kMultiply, a, b);
}
Expression operator/(const Expression& a, const Expression& b) {
  return Expression::Apply(Expression::Op::kDivide, a, b);
}
Expression Abs(const Expression& a) {
  return Expression::Apply(Expression::Op::kAbs, a, Expression());
}
Expression Greatest(const Expression& a, const Expression& b) {
  return Expression::Apply(Expression::Op::kGreatest, a, b);
}

std::string Expression::Sql(std::string_view qualifier) const {
  std::vector<std::string> stack;
  for (const Step& step : steps_) {
    if (step.op == Op::kColumn) {
      stack.push_back(fmt::format("{}\"{}\"::float8", qualifier, step.column));
      continue;
    }
    if (step.op == Op::kConstant) {  // quoted, because a cast binds before a minus sign does
      stack.push_back(fmt::format("'{}'::float8", step.value));
      continue;
    }
    const std::string b = Pop(stack);
    const std::string a = step.op == Op::kAbs ? "" : Pop(stack);
    switch (step.op) {
      case Op::kColumn:
      case Op::kConstant:
        break;
      case Op::kAdd:
        stack.push_back(fmt::format("({} + {})", a, b));
        break;
      case Op::kSubtract:
        stack.push_back(fmt::format("({} - {})", a, b));
        break;
      case Op::kMultiply:
        stack.push_back(fmt::format("({} * {})", a, b));
        break;
      case Op::kDivide:
        stack.push_back(fmt::format("({} / NULLIF({}, 0))", a, b));
        break;
      case Op::kAbs:
        stack.push_back(fmt::format("abs({})", b));
        break;
      case Op::kGreatest:
        stack.push_back(fmt::format("GREATEST({}, {})", a, b));
        break;
    }
  }
  return Pop(stack);
}

double Expression::Do(Op op, double a, double b) {
  switch (op) {
    case Op::kColumn:
    case Op::kConstant:
      break;
    case Op::kAdd:
      return a + b;
    case Op::kSubtract:
      return a - b;
    case Op::kMultiply:
      return a * b;
    case Op::kDivide:
      return b == 0 ? kNull : a / b;
    case Op::kAbs:
      return std::fabs(b);
    case Op::kGreatest:
      return GreatestOf(a, b);
  }
  return kNull;
}

void Expression::Evaluate(const Columns& of, std::span<double> out) const {
  std::vector<std::vector<double>> stack;
  for (const Step& step : steps_) {
    if (step.op == Op::kColumn) {
      const std::span<const double> values = of(step.column);
      CHECK(values.size() == out.size(), "an expression's columns have the rows of its result");
      stack.emplace_back(values.begin(), values.end());
    } else if (step.op == Op::kConstant) {
      stack.emplace_back(out.size(), step.value);
    } else {
      std::vector<double> b = Pop(stack);
      const std::vector<double> a = step.op == Op::kAbs ? b : Pop(stack);
      for (std::size_t i = 0; i < b.size(); ++i) b[i] = Do(step.op, a[i], b[i]);
      stack.push_back(std::move(b));
    }
  }
  const std::vector<double> values = Pop(stack);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = std::isnan(values[i]) ? kNull : values[i];
  }
}

std::vector<std::string> Expression::columns() const {
  std::vector<std::string> names;
  for (const Step& step : steps_) {
    const bool is_new =
        step.op == Op::kColumn && std::find(names.begin(), names.end(), step.column) == names.end();
    if (is_new) names.push_back(step.column);
  }
  return names;
}

}  // namespace mayfly::engine
