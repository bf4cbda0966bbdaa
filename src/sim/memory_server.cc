#include "sim/memory_server.h"

#include <fmt/format.h>

#include <utility>

namespace mayfly::sim {
namespace {

std::size_t IndexOf(BackendId backend) { return static_cast<std::size_t>(backend.value - 1); }

}  // namespace

Result<BackendId> MemoryServer::Connect(MachineId machine, int slot) {
  if (!up_) return Unavailable("the database server is down; try again");
  if (revoked_.contains(machine)) {
    return Denied(fmt::format("machine {} has no login any more", machine.value));
  }
  backends_.push_back({.machine = machine, .slot = slot});
  return BackendId{static_cast<std::int64_t>(backends_.size())};
}

void MemoryServer::End(BackendId backend) {
  if (!IsAlive(backend)) return;
  FinishTransaction(backend);
  at(backend).alive = false;
}

void MemoryServer::EndAllOf(MachineId machine, std::optional<int> slot) {
  for (std::size_t i = 0; i < backends_.size(); ++i) {
    const Backend& b = backends_[i];
    if (b.alive && b.machine == machine && (!slot || b.slot == *slot)) {
      End(BackendId{static_cast<std::int64_t>(i + 1)});
    }
  }
}

void MemoryServer::Stop() {
  up_ = false;
  for (std::size_t i = 0; i < backends_.size(); ++i) {
    End(BackendId{static_cast<std::int64_t>(i + 1)});
  }
}

void MemoryServer::Start() {
  if (up_) return;
  up_ = true;
  started_ = time_.now;
}

bool MemoryServer::IsAlive(BackendId backend) const {
  return backend && backends_[IndexOf(backend)].alive;
}

Backend& MemoryServer::at(BackendId backend) { return backends_[IndexOf(backend)]; }

Status MemoryServer::Write(BackendId backend, const PendingWrite& write) {
  if (locks_.size() <= write.leaf) locks_.resize(write.leaf + 1);
  BackendId& holder = locks_[write.leaf];
  if (holder && holder != backend) {
    return Unavailable(fmt::format("leaf {} is locked by backend {}", write.leaf, holder.value));
  }
  holder = backend;
  at(backend).writes.push_back(write);
  return {};
}

std::vector<PendingWrite> MemoryServer::FinishTransaction(BackendId backend) {
  Backend& b = at(backend);
  for (const PendingWrite& write : b.writes) locks_[write.leaf] = {};
  b.in_transaction = false;
  return std::exchange(b.writes, {});
}

BackendId MemoryServer::LockHolder(std::size_t leaf) const {
  return leaf < locks_.size() ? locks_[leaf] : BackendId{};
}

Result<BackendId> Connection::Use() {
  if (IsLost()) {
    if (cut_) return Unavailable("this process is gone");
    TRY_ASSIGN(backend_, server_.Connect(machine_, slot_));
  }
  return backend_;
}

void Connection::Close() {
  if (!cut_) server_.End(backend_);
  backend_ = {};
}

}  // namespace mayfly::sim
