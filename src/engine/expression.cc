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

// One operation a loop: this is what compilers turn into vectors. `out` may be one of the operands.
void Expression::Do(Op op, const double* a, const double* b, std::span<double> out) {
  auto each = [&](const auto& combine) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = combine(a[i], b[i]);
  };
  switch (op) {
    case Op::kColumn:
    case Op::kConstant:
      break;
    case Op::kAdd:
      return each([](double x, double y) { return x + y; });
    case Op::kSubtract:
      return each([](double x, double y) { return x - y; });
    case Op::kMultiply:
      return each([](double x, double y) { return x * y; });
    case Op::kDivide:
      return each([](double x, double y) {
        const double quotient = x / y;
        return y == 0 ? kNull : quotient;
      });
    case Op::kAbs:
      return each([](double x, double) { return std::fabs(x); });
    case Op::kGreatest:
      return each(GreatestOf);
  }
}

// A tile at a time, so that what lies between two steps stays in the first-level cache. Columns are
// read where they are, and a constant's tile is made once.
void Expression::Evaluate(const Columns& of, std::span<double> out) const {
  constexpr std::size_t kTileRows = 256;
  std::vector<std::span<const double>> columns(steps_.size());  // of the steps that read one
  std::vector<double> constants(steps_.size() * kTileRows);     // of the steps that are one
  std::vector<double> results(steps_.size() * kTileRows);       // by depth in the stack
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    const Step& step = steps_[s];
    if (step.op == Op::kConstant) std::fill_n(&constants[s * kTileRows], kTileRows, step.value);
    if (step.op != Op::kColumn) continue;
    columns[s] = of(step.column);
    CHECK(columns[s].size() == out.size(), "an expression's columns have the rows of its result");
  }
  std::vector<const double*> stack;
  for (std::size_t begin = 0; begin < out.size(); begin += kTileRows) {
    const std::size_t rows = std::min(kTileRows, out.size() - begin);
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      const Op op = steps_[s].op;
      if (op == Op::kColumn) {
        stack.push_back(columns[s].data() + begin);
      } else if (op == Op::kConstant) {
        stack.push_back(&constants[s * kTileRows]);
      } else {
        const double* b = op == Op::kAbs ? stack.back() : Pop(stack);
        const double* a = Pop(stack);
        const std::span<double> result(&results[stack.size() * kTileRows], rows);
        Do(op, a, b, result);
        stack.push_back(result.data());
      }
    }
    const double* value = Pop(stack);
    for (std::size_t i = 0; i < rows; ++i) {
      out[begin + i] = value[i] == value[i] ? value[i] : kNull;
    }
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
