using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Runtime;

namespace OrleansRaft;

/// <summary>
/// What a user writes: the state of one group, and what commands do to it. Deterministic: the same commands in the same order give the same state and
/// results on every replica, so it uses no clock, randomness or surroundings; <see cref="Command{TCommand}.Time"/> is the time to use.
/// </summary>
/// <typeparam name="TCommand">Commands and queries.</typeparam>
/// <typeparam name="TResult">Answers to both.</typeparam>
/// <remarks>
/// <para>
/// Used by one thread at a time, under the invariant culture, and with nothing of a caller's ambient context. An exception of <see cref="Apply"/>
/// halts the group: refuse a command by its result instead.
/// </para>
/// <para>
/// One instance serves one replica from when it comes to life on a silo until it ends there, whatever it is restored from meanwhile. Then it is
/// disposed, where it is <see cref="IAsyncDisposable"/> or <see cref="IDisposable"/>, and not used again; the replica's next life has another
/// instance.
/// </para>
/// </remarks>
public interface IStateMachine<TCommand, TResult>
{
    /// <summary>Applies commands in order.</summary>
    /// <param name="commands">The commands, none of which was applied before.</param>
    /// <param name="results">Receives the answer to each.</param>
    void Apply(ReadOnlySpan<Command<TCommand>> commands, Span<TResult> results);

    /// <summary>Answers a query from the state as it is, and changes nothing.</summary>
    /// <param name="query">The query, with the last applied entry and its time.</param>
    TResult Query(in Command<TCommand> query);

    /// <summary>Writes the whole state. Equal states write equal bytes, whatever their history: replicas are compared by it.</summary>
    /// <remarks>
    /// Its group waits meanwhile, and what it writes is in memory as a whole: that is for small states. From
    /// <see cref="RaftOptions.LargeCaptureBytes"/> on an alarm says so, and more than <see cref="RaftOptions.CaptureBytesMax"/> is refused: then the
    /// replica halts. A state that may become large is one of an <see cref="IViewStateMachine{TCommand,TResult}"/>.
    /// </remarks>
    void Capture(IBufferWriter<byte> output);

    /// <summary>
    /// Replaces the whole state by what <see cref="Capture"/> wrote; by the initial state when <paramref name="snapshot"/> is empty.
    /// </summary>
    void Restore(ReadOnlyMemory<byte> snapshot);
}

/// <summary>A command at the moment it is applied, or a query at the moment it is answered.</summary>
/// <typeparam name="TCommand">Its type.</typeparam>
/// <param name="Value">What the client sent.</param>
/// <param name="Key">The key by which the client chose the group.</param>
/// <param name="Entry">The command's entry; for a query the last applied one.</param>
/// <param name="Time">The group's time at that entry.</param>
public readonly record struct Command<TCommand>(TCommand Value, string Key, EntryId Entry, LogTime Time)
{
    private readonly UtcTime stamp;

    /// <summary>
    /// What time it was when the command was appended, the same on every replica; for a query, of the last applied entry. It never goes back within a
    /// group, and is within a minute of what most of its members' clocks said. Null while the cluster works at a level below 2, which has no stamps.
    /// </summary>
    /// <remarks>
    /// For records of what happened when. Durations and deadlines are better told by <see cref="Time"/>, which no wall clock moves.
    /// </remarks>
    public DateTimeOffset? Utc { get => UtcTimes.ToDate(stamp); init => stamp = value is { } date ? UtcTimes.Of(date) : UtcTime.None; }

    internal UtcTime Stamp { init => stamp = value; }

    /// <summary>The key by which the client chose the group; empty in a default value.</summary>
    public string Key { get => field ?? ""; init; } = Key;

    /// <summary>
    /// How many bytes the group's state may have, by <see cref="RaftOptions.StateBytesMax"/> as it is replicated at that entry; the greatest number
    /// when there is no limit. A machine that keeps to it refuses what makes its state grow beyond, and nothing else: see
    /// <see cref="KeyedState.Check"/>.
    /// </summary>
    public long StateBytesMax { get => field == 0 ? long.MaxValue : field; init; }

    /// <summary>The request id under which a command was submitted, in UTF-8; empty for one without, and for queries.</summary>
    public ReadOnlyMemory<byte> RequestId { get; init; }
}
