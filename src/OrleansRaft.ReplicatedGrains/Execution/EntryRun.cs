using System.Runtime.ExceptionServices;
using Orleans.Serialization.Invocation;
using OrleansRaft.ReplicatedGrains.Calls;
using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>
/// The run of one entry: the call that it holds, and those that this one makes within its partition. What they change is kept here until all of it is
/// kept in the state of the group, or nothing. Then it is used for the next entry: a call that is over asks nothing of it any more.
/// </summary>
/// <param name="bound">The set.</param>
/// <param name="state">The state of the group.</param>
/// <param name="warm">States as objects; null to read all of them from their bytes.</param>
/// <param name="scratch">Where states are written.</param>
internal sealed class EntryRun(BoundSet bound, KeyedState state, WarmStates? warm, Scratch scratch)
{
    // Most entries change one grain: it is found without a dictionary.
    private const int SearchedMax = 4;

    // In the order of first use; a read has none.
    private Slot? first;
    private Slot? last;
    private int count;
    private Dictionary<StateKey, Slot>? many;

    // The last call that may have to be undone; each knows the one before it.
    private CallFrame? latest;
    private bool isStaged;
    private Exception? fault;
    private int depth;
    private Command<GrainCall> command;
    private ReplicatedCallContext? context;
    private int version;

    /// <summary>The set.</summary>
    public BoundSet Bound => bound;

    /// <summary>What calls may know.</summary>
    public ReplicatedCallContext Context => context ??= new(command.Entry, command.Utc, command.Time, version, command.RequestId);

    /// <summary>What is kept, in the order of first use; a null value is a key that is removed.</summary>
    public IEnumerable<(StateKey Key, byte[]? Value)> Changes
    {
        get
        {
            for (var slot = isStaged ? first : null; slot is not null; slot = slot.Next)
            {
                if (slot.Change != Change.None)
                {
                    yield return (slot.Key, slot.Change == Change.Removed ? null : slot.Bytes.ToArray());
                }
            }
        }
    }

    /// <summary>Begins with an entry or a query.</summary>
    /// <param name="entry">The command or query.</param>
    /// <param name="inForce">The version of the set that is in force.</param>
    public EntryRun Begin(in Command<GrainCall> entry, int inForce)
    {
        Forget();
        (command, version) = (entry, inForce);
        return this;
    }

    /// <summary>There is no other entry or query for now.</summary>
    public void End()
    {
        Forget();
        scratch.End();
    }

    /// <summary>Makes a call.</summary>
    /// <returns>What the method returned or threw; where it threw, what it had changed is undone.</returns>
    /// <exception cref="CallRefusedException">The call is not made.</exception>
    /// <exception cref="Exception">A fault of this replica.</exception>
    public Response Call(StateKey key, IRequest request, CallMethod method)
    {
        if (depth == GrainLimits.DepthMax)
        {
            throw new CallRefusedException(
                RejectionReason.InvalidRequest, $"Calls within one entry may be {GrainLimits.DepthMax} deep, and {method} of '{key.Key}' would be "
                    + "deeper.");
        }

        if (method.Since > version)
        {
            throw new CallRefusedException(
                RejectionReason.VersionNotRaised, $"{method} needs version {method.Since} of the set, and version {version} is in force.");
        }

        depth++;
        var before = latest;
        var frame = new CallFrame(this, key, method);
        try
        {
            if (!method.IsRead)
            {
                Remember(frame);
            }

            frame.Begin(Make(key.Class));
            request.SetTarget(frame);
            var response = Complete(request.Invoke(), key, method);
            if (response.Exception is { } thrown)
            {
                if (CallFaults.IsOne(thrown))
                {
                    throw Fault(thrown is ReplicaFaultException ? thrown : new ReplicaFaultException(
                        $"{method} of '{key.Key}' met {thrown.GetType().Name} ({ThrownText.Of(thrown)}), which is a fault of this silo's "
                            + "surroundings, and "
                        + "no result of the call.",
                        thrown));
                }

                UndoTo(before);
            }
            else
            {
                frame.RequireUnchanged();
            }

            return response;
        }
        finally
        {
            frame.End();
            request.Dispose();
            depth--;
        }
    }

    /// <summary>Throws what some call found wrong with this replica, though its caller may have caught it.</summary>
    public void RequireNoFault()
    {
        if (fault is not null)
        {
            ExceptionDispatchInfo.Throw(fault);
        }
    }

    /// <summary>The state of a grain, to be read and changed.</summary>
    public object Load(Slot slot)
    {
        if (slot.Value is { } value)
        {
            return value;
        }

        if ((warm?.Find(slot.Key)?.Take() ?? ReadKept(slot.Key)) is not { } kept)
        {
            return slot.Value = bound.CodecOf(slot.Key.Class).New();
        }

        slot.Texts = slot.Key.Class.Texts?.In(kept);
        return slot.Value = kept;
    }

    /// <summary>The state of a grain as it is at this moment, for a call that only reads it: an object that nobody else has meanwhile.</summary>
    public LentState Lend(StateKey key)
    {
        var codec = bound.CodecOf(key.Class);
        if (ChangedHere(key) is { } value)
        {
            return new LentState(codec.Read(Write(key, value), scratch.Begin()), MayStay: false);
        }

        var place = warm?.Find(key);
        return place?.Take() is { } kept ? new LentState(kept, MayStay: true, place)
            : ReadKept(key) is { } read ? new LentState(read, MayStay: true, place)
            : new LentState(codec.New(), MayStay: false);
    }

    /// <summary>A call that was to read a state only has ended.</summary>
    /// <returns>Whether the state is as it was; where it is not, nothing keeps it.</returns>
    public bool TakeBack(StateKey key, LentState lent)
    {
        if (!IsAsBefore(key, lent.State))
        {
            return false;
        }

        if (lent.MayStay && key.Class.MayStayAsRead)
        {
            if (lent.Place is { } place)
            {
                place.Put(lent.State);
            }
            else
            {
                warm?.Put(key, lent.State);
            }
        }

        return true;
    }

    /// <summary>Writes what the calls changed, and sees whether all of it may be kept.</summary>
    /// <param name="stateBytesMax">How many bytes the state of the group may have.</param>
    /// <exception cref="CallRefusedException">Something may not.</exception>
    public void Stage(long stateBytesMax)
    {
        Span<byte> place = stackalloc byte[StateKey.BytesMax];
        long growth = 0;
        for (var slot = first; slot is not null; slot = slot.Next)
        {
            if (slot.Value is null)
            {
                continue;
            }

            RequireVersion(slot);

            // What is written next takes the place of what is written here, unless there is nothing else to write.
            var bytes = count == 1 ? WriteForNow(slot.Key, slot.Value) : Write(slot.Key, slot.Value);
            var keyBytes = slot.Key.Write(place);
            var isThere = state.TryGet(keyBytes, out var before);
            if (isThere ? bytes.Span.SequenceEqual(before) : IsInitial(slot.Key, bytes.Span))
            {
                continue;
            }

            slot.Change = slot.IsCleared && IsInitial(slot.Key, bytes.Span) ? Change.Removed : Change.Written;
            slot.Bytes = bytes;
            growth += (slot.Change == Change.Removed ? -keyBytes.Length : bytes.Length + (isThere ? 0 : keyBytes.Length)) - before.Length;
            RequireSize(slot, bytes.Length);
        }

        if (growth > 0 && state.Bytes + growth > stateBytesMax)
        {
            throw new CallRefusedException(
                RejectionReason.TooLarge,
                $"The state of the group has {state.Bytes} bytes, and the call would add {growth} to it, beyond the {stateBytesMax} that it may have "
                + "(Raft:StateBytesMax); clear states that are not needed.");
        }

        isStaged = true;
    }

    /// <summary>Keeps what was staged, if all of it was.</summary>
    public void Commit()
    {
        Span<byte> place = stackalloc byte[StateKey.BytesMax];
        for (var slot = isStaged ? first : null; slot is not null; slot = slot.Next)
        {
            if (slot.Value is null)
            {
                continue;
            }

            if (slot.Change == Change.Written)
            {
                state.Set(slot.Key.Write(place), slot.Bytes.Span);
            }
            else if (slot.Change == Change.Removed)
            {
                state.Remove(slot.Key.Write(place));
            }

            if (slot.Value.GetType() == slot.Key.Class.State && slot.Key.Class.Texts is { } texts && texts.AreIn(slot.Value, slot.Texts))
            {
                warm?.Put(slot.Key, slot.Value);
            }
            else
            {
                warm?.Find(slot.Key)?.Take();
            }
        }
    }

    private void Forget()
    {
        (command, context) = (default, null);
        (first, last, count, many, latest) = (null, null, 0, null, null);
        (isStaged, fault, depth) = (false, null, 0);
    }

    private ReplicatedGrain Make(GrainClass grainClass)
    {
        try
        {
            return grainClass.Make(bound.Services);
        }
        catch (Exception exception)
        {
            throw Fault(new ReplicaFaultException(
                $"{grainClass.Type.FullName} cannot be made ({exception.GetType().Name}: {ThrownText.Of(exception)}); register with the "
                    + "services of every silo "
                + "what its constructor asks for, and let it not throw.",
                exception));
        }
    }

    /// <summary>What is not complete hangs on time or on another thread, and would be another thing on another replica.</summary>
    private Response Complete(ValueTask<Response> call, StateKey key, CallMethod method) => call.IsCompleted
        ? call.GetAwaiter().GetResult()
        : throw Fault(new ReplicaFaultException(
            $"{method} of '{key.Key}' had not completed when it returned; a replicated grain may await only what is complete, such as a call by "
                + "Local(). Do "
            + "what takes time in an ordinary grain or in the caller, and pass the result as an argument."));

    private Exception Fault(Exception exception)
    {
        fault ??= exception;
        return exception;
    }

    private object? ReadKept(StateKey key)
    {
        Span<byte> place = stackalloc byte[StateKey.BytesMax];
        if (!state.TryGet(key.Write(place), out var bytes))
        {
            return null;
        }

        try
        {
            return bound.CodecOf(key.Class).Read(bytes, scratch.Begin());
        }
        catch (Exception exception)
        {
            throw Fault(new ReplicaFaultException(
                $"The state of {key.Class.Name} '{key.Key}' cannot be read as {key.Class.State.FullName} ({ThrownText.Of(exception)}); keep "
                    + "the [Id] and "
                + "the type of members that a state has had.",
                exception));
        }
    }

    /// <summary>What an entry has made of a state so far; null where it has not touched it.</summary>
    private object? ChangedHere(in StateKey key) => FindSlot(key)?.Value;

    private bool IsAsBefore(StateKey key, object read)
    {
        if (ChangedHere(key) is not null)
        {
            return IsLike(key, read, Lend(key).State);
        }

        Span<byte> place = stackalloc byte[StateKey.BytesMax];
        return !state.TryGet(key.Write(place), out var kept) ? IsInitial(key, WriteForNow(key, read).Span)
            : WriteForNow(key, read).Span.SequenceEqual(kept) || IsLike(key, read, ReadKept(key)!);
    }

    private bool IsLike(StateKey key, object one, object other) => Write(key, one).AsSpan().SequenceEqual(WriteForNow(key, other).Span);

    private byte[] Write(StateKey key, object value) => WriteForNow(key, value).ToArray();

    /// <returns>Bytes that stand until the next state is written.</returns>
    private ReadOnlyMemory<byte> WriteForNow(StateKey key, object value)
    {
        var output = scratch.Clear();
        try
        {
            bound.CodecOf(key.Class).Write(value, output, scratch.Begin());
            return output.WrittenMemory;
        }
        catch (Exception exception) when (!CallFaults.IsOne(exception))
        {
            throw new CallRefusedException(
                RejectionReason.InvalidRequest,
                $"The state of {key.Class.Name} '{key.Key}' cannot be written as {key.Class.State.FullName}: something in it has a type without a "
                    + "serializer. "
                + "Put [GenerateSerializer] on it, and [Id] on its members.");
        }
    }

    private bool IsInitial(StateKey key, ReadOnlySpan<byte> bytes) => bound.CodecOf(key.Class).Initial.Span.SequenceEqual(bytes);

    private void RequireVersion(Slot slot)
    {
        if (slot.Key.Class.MayNeedVersion && CommandVersions.NeededBy(slot.Value) is var needed && needed > version)
        {
            throw new CallRefusedException(
                RejectionReason.VersionNotRaised,
                $"The state of {slot.Key.Class.Name} '{slot.Key.Key}' would hold what needs version {needed} of the set, and version "
                    + $"{version} is in "
                + "force; set such members where Context.Version has reached it.");
        }
    }

    private static void RequireSize(Slot slot, int length)
    {
        if (length > GrainLimits.StateBytesMax)
        {
            throw new CallRefusedException(
                RejectionReason.TooLarge,
                $"The state of {slot.Key.Class.Name} '{slot.Key.Key}' would have {length} bytes, and that of one key has at most "
                    + $"{GrainLimits.StateBytesMax}; "
                + "divide it among several keys of a partition.");
        }
    }

    private Slot SlotOf(in StateKey key)
    {
        if (FindSlot(key) is { } known)
        {
            return known;
        }

        var slot = new Slot(key);
        first ??= slot;
        last?.Next = slot;
        last = slot;
        if (++count > SearchedMax)
        {
            many ??= [];
            for (var one = many.Count == 0 ? first : slot; one is not null; one = one.Next)
            {
                many.Add(one.Key, one);
            }
        }

        return slot;
    }

    private Slot? FindSlot(in StateKey key)
    {
        if (many is not null)
        {
            return many.GetValueOrDefault(key);
        }

        var slot = first;
        while (slot is not null && slot.Key != key)
        {
            slot = slot.Next;
        }

        return slot;
    }

    /// <summary>Before a call that may change a grain: what it is if the call is undone.</summary>
    private void Remember(CallFrame frame)
    {
        var slot = SlotOf(frame.StateKey);
        frame.Slot = slot;
        frame.Before = (slot.Value is null ? null : Write(slot.Key, slot.Value), slot.IsCleared, latest);
        latest = frame;
    }

    private void UndoTo(CallFrame? mark)
    {
        for (; latest != mark; latest = latest!.Before.Call)
        {
            var (bytes, isCleared, _) = latest!.Before;
            var slot = latest.Slot!;
            slot.Value = bytes is null ? null : bound.CodecOf(slot.Key.Class).Read(bytes, scratch.Begin());
            slot.IsCleared = isCleared;
        }
    }

    /// <summary>A state for a call that only reads it.</summary>
    /// <param name="State">The state.</param>
    /// <param name="MayStay">Whether it is one that is kept, and not one that the entry has changed or that nobody has written yet.</param>
    /// <param name="Place">Where it is kept; null where it is not yet.</param>
    public readonly record struct LentState(object State, bool MayStay, WarmState? Place = null);

    /// <summary>What the entry has made of one grain.</summary>
    public sealed class Slot(StateKey key)
    {
        public StateKey Key => key;

        /// <summary>Its state; null where the entry has not asked for it.</summary>
        public object? Value { get; set; }

        /// <summary>The texts and arrays that it was read with; null where it was not read.</summary>
        public object?[]? Texts { get; set; }

        public bool IsCleared { get; set; }

        public Change Change { get; set; }

        /// <summary>What is written, where something is.</summary>
        public ReadOnlyMemory<byte> Bytes { get; set; }

        /// <summary>The grain that the entry came to next.</summary>
        public Slot? Next { get; set; }
    }

    /// <summary>What is kept of an entry.</summary>
    public enum Change
    {
        None,
        Written,
        Removed,
    }
}
