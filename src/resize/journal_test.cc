#include "resize/journal.h"

#include <gtest/gtest.h>

#include "resize/testing/fake_host.h"

namespace mayfly::resize {
namespace {

Journal Busy() {
  testing::FakeHost fake;
  Journal journal = testing::Approved(fake);
  journal.direction = Direction::kBack;
  journal.reason = "could not start the host: \"no capacity\"";
  journal.reason_kind = ErrorKind::kExhausted;
  journal.revert_asked = true;
  journal.services = {"postgresql.service"};
  journal.sockets = {"0.0.0.0:5432"};
  journal.is_marked = journal.has_snapshots = journal.stop_asked = true;
  journal.down_since = MakeInstant(2026, 11, 28, hours(1));
  journal.notes = {"a note"};
  journal.outcome = Outcome::kStuck;
  journal.events = {{MakeInstant(2026, 11, 28), "an event"}};
  return journal;
}

TEST(ResizeJournal, IsReadBackAsItWasWritten) {
  const Result<Journal> read = JournalFromJson(ToJson(Busy()));
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(ToJson(*read), ToJson(Busy()));
  EXPECT_TRUE(read->is_open());
  EXPECT_EQ(read->goal(), "t3.2xlarge");
}

TEST(ResizeJournal, ThatIsNoneIsCorrupt) {
  for (const char* text : {"", "[]", "{}", R"({"host": 7})"}) {
    const Result<Journal> read = JournalFromJson(text);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.error().kind(), ErrorKind::kCorrupt) << text;
  }
}

TEST(ResizeJournal, AMarkSaysWhereItGoesAndFitsIntoATag) {
  const std::string mark = ToMark(Busy());
  EXPECT_EQ(mark, "back t3.2xlarge t3.small 2026-11-28T00:00:00Z 198.51.100.1 given");
  EXPECT_LE(mark.size(), 256U);
  const Result<Journal> read = JournalFromMark(mark);
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(ToMark(*read), mark);
  EXPECT_TRUE(read->is_marked);
  EXPECT_NE(read->reason.find("turned back"), std::string::npos) << read->reason;
}

TEST(ResizeJournal, AMarkWithoutAnAddressIsReadBackToo) {
  Journal journal = Busy();
  journal.address.clear();
  EXPECT_EQ(JournalFromMark(ToMark(journal))->address, "");
}

TEST(ResizeJournal, AMarkOfSomebodyElsesIsCorrupt) {
  for (const char* mark : {"", "yes", "forward a b c d e", "sideways a b 2026-11-28 - given"}) {
    ASSERT_FALSE(JournalFromMark(mark).ok()) << mark;
    EXPECT_EQ(JournalFromMark(mark).error().kind(), ErrorKind::kCorrupt) << mark;
  }
}

}  // namespace
}  // namespace mayfly::resize
