#pragma once
// Arithmetic over the columns of one row, as a value: the same expression is printed as SQL for the
// published view and evaluated here for tests and exports, so the two cannot drift apart.
//
// Both follow one rule book, PostgreSQL's float8: a NULL operand makes a NULL, and so does dividing
// by zero (the SQL says NULLIF, because the server would raise an error). Operations are done one
// by one in double, in the order written, so both give the same bits.

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly::engine {

class Expression {
 public:
  static Expression Column(std::string name);
  static Expression Constant(double value);

  friend Expression operator+(const Expression& a, const Expression& b);
  friend Expression operator-(const Expression& a, const Expression& b);
  friend Expression operator*(const Expression& a, const Expression& b);
  friend Expression operator/(const Expression& a, const Expression& b);
  friend Expression Abs(const Expression& a);
  // The larger of the two; of a NULL and a number the number, as GREATEST has it.
  friend Expression Greatest(const Expression& a, const Expression& b);

  // Plain PostgreSQL: columns quoted and cast to float8, so that the text holds for columns that
  // are stored as float4 too. `qualifier` comes before every column as it is ("t." or nothing).
  std::string Sql(std::string_view qualifier = "") const;

  // Fills `out` with the value at each row, NaN for NULL; `of` gives a column's values, as many as
  // `out` has.
  using Columns = std::function<std::span<const double>(std::string_view)>;
  void Evaluate(const Columns& of, std::span<double> out) const;

  // The columns that it reads, each once, in the order of first use.
  std::vector<std::string> columns() const;

 private:
  enum class Op { kColumn, kConstant, kAdd, kSubtract, kMultiply, kDivide, kAbs, kGreatest };
  // One step of a stack machine: operands come before what is done with them.
  struct Step {
    Op op = Op::kConstant;
    std::string column;
    double value = 0;
  };

  static void Do(Op op, const double* a, const double* b, std::span<double> out);
  static Expression Apply(Op op, const Expression& a, const Expression& b);

  std::vector<Step> steps_;
};

}  // namespace mayfly::engine
