namespace OrleansRaft.Runtime.StateMachines;

/// <summary>
/// Marks the library's own state machines: each call takes a short, bounded time and never throws, so the turn that steps Raft may make it.
/// A user's machine is never run there.
/// </summary>
internal interface IBoundedTime;
