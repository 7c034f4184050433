using System.Runtime.ExceptionServices;
using Orleans.Serialization.Invocation;
using OrleansRaft.ReplicatedGrains.Calls;
using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>
/// The run of one entry: the call that it holds, and those that this one makes within its partition. What they change is kept here until all of it is
/// kept in the state of the group, or nothing.
/// </summary>
/// <param name="bound">The set.</param>
/// <param name="state">The state of the group.</param>
/// <param name="warm">States as objects; null to read all of them from their bytes.</param>
/// <param name="context">What calls may know.</param>
/// <param name="scratch">Where states are written.</param>
internal sealed class EntryRun(BoundSet bound, KeyedState state, WarmStates? warm, ReplicatedCallContext context, Scratch scratch)
{
    private readonly List<Undo> undo = [];
    private readonly List<Staged> staged = [];

    // A read has none.
    private Dictionary<StateKey, Slot>? slots;
    private Exception? fault;
    private int depth;

    /// <summary>The set.</summary>
    public BoundSet Bound => bound;

    /// <summary>What calls may know.</summary>
    public ReplicatedCallContext Context => context;

    /// <summary>What is kept, in the order of first use; a null value is a key that is removed.</summary>
    public IEnumerable<(StateKey Key, byte[]? Value)> Changes =>
        staged.Where(static one => one.IsChange).Select(static one => (one.Slot.Key, one.Value));

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

        if (method.Since > context.Version)
        {
            throw new CallRefusedException(
                RejectionReason.VersionNotRaised, $"{method} needs version {method.Since} of the set, and version {context.Version} is in force.");
        }

        depth++;
        var mark = undo.Count;
        var frame = new CallFrame(this, key, method);
        try
        {
            if (!method.IsRead)
            {
                Remember(key);
            }

            var grain = Make(key.Class);
            grain.Frame = frame;
            request.SetTarget(new Holder(grain));
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

                UndoTo(mark);
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
    public object Load(StateKey key)
    {
        var slot = SlotOf(key);
        return slot.Value ??= warm?.Find(key)?.Take() ?? ReadKept(key) ?? bound.CodecOf(key.Class).New();
    }

    /// <summary>Another state in place of a grain's.</summary>
    public void Replace(StateKey key, object value, bool isCleared)
    {
        var slot = SlotOf(key);
        (slot.Value, slot.IsCleared) = (value, isCleared);
    }

    /// <summary>The state of a grain as it is at this moment, for a call that only reads it: an object that nobody else has meanwhile.</summary>
    public LentState Lend(StateKey key)
    {
        var codec = bound.CodecOf(key.Class);
        if (ChangedHere(key) is { } value)
        {
            return new LentState(codec.Read(Write(key, value)), MayStay: false);
        }

        return warm?.Find(key)?.Take() is { } kept ? new LentState(kept, MayStay: true)
            : ReadKept(key) is { } read ? new LentState(read, MayStay: true)
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
            warm?.Put(key, lent.State);
        }

        return true;
    }

    /// <summary>Writes what the calls changed, and sees whether all of it may be kept.</summary>
    /// <param name="stateBytesMax">How many bytes the state of the group may have.</param>
    /// <exception cref="CallRefusedException">Something may not.</exception>
    public void Stage(long stateBytesMax)
    {
        if (slots is null)
        {
            return;
        }

        Span<byte> place = stackalloc byte[StateKey.BytesMax];
        long growth = 0;
        foreach (var slot in slots.Values)
        {
            if (slot.Value is null)
            {
                continue;
            }

            RequireVersion(slot);
            var bytes = Write(slot.Key, slot.Value);
            var keyBytes = slot.Key.Write(place);
            var isThere = state.TryGet(keyBytes, out var before);
            if (isThere ? bytes.AsSpan().SequenceEqual(before) : IsInitial(slot.Key, bytes))
            {
                staged.Add(new Staged(slot, null, IsChange: false));
                continue;
            }

            var isRemoved = slot.IsCleared && IsInitial(slot.Key, bytes);
            growth += (isRemoved ? -keyBytes.Length : bytes.Length + (isThere ? 0 : keyBytes.Length)) - before.Length;
            RequireSize(slot, bytes.Length);
            staged.Add(new Staged(slot, isRemoved ? null : bytes, IsChange: true));
        }

        if (growth > 0 && state.Bytes + growth > stateBytesMax)
        {
            throw new CallRefusedException(
                RejectionReason.TooLarge,
                $"The state of the group has {state.Bytes} bytes, and the call would add {growth} to it, beyond the {stateBytesMax} that it may have "
                + "(Raft:StateBytesMax); clear states that are not needed.");
        }
    }

    /// <summary>Keeps what was staged.</summary>
    public void Commit()
    {
        Span<byte> place = stackalloc byte[StateKey.BytesMax];
        foreach (var one in staged)
        {
            if (one.IsChange && one.Value is { } bytes)
            {
                state.Set(one.Slot.Key.Write(place), bytes);
            }
            else if (one.IsChange)
            {
                state.Remove(one.Slot.Key.Write(place));
            }

            if (one.Slot.Key.Class.MayStayAsChanged && one.Slot.Value!.GetType() == one.Slot.Key.Class.State)
            {
                warm?.Put(one.Slot.Key, one.Slot.Value);
            }
            else
            {
                warm?.Find(one.Slot.Key)?.Take();
            }
        }
    }

    /// <summary>Keeps nothing.</summary>
    public void Discard() => staged.Clear();

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
            return bound.CodecOf(key.Class).Read(bytes);
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
    private object? ChangedHere(StateKey key) => slots is not null && slots.TryGetValue(key, out var slot) ? slot.Value : null;

    private bool IsAsBefore(StateKey key, object read)
    {
        if (ChangedHere(key) is not null)
        {
            return IsLike(key, read, Lend(key).State);
        }

        Span<byte> place = stackalloc byte[StateKey.BytesMax];
        return !state.TryGet(key.Write(place), out var kept) ? IsInitial(key, WriteForNow(key, read))
            : WriteForNow(key, read).SequenceEqual(kept) || IsLike(key, read, ReadKept(key)!);
    }

    private bool IsLike(StateKey key, object one, object other) => Write(key, one).AsSpan().SequenceEqual(WriteForNow(key, other));

    private byte[] Write(StateKey key, object value) => WriteForNow(key, value).ToArray();

    /// <returns>Bytes that stand until the next state is written.</returns>
    private ReadOnlySpan<byte> WriteForNow(StateKey key, object value)
    {
        var output = scratch.Clear();
        try
        {
            bound.CodecOf(key.Class).Write(value, output);
            return output.WrittenSpan;
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
        if (CommandVersions.MayNeed(slot.Key.Class.State) && CommandVersions.NeededBy(slot.Value) is var needed && needed > context.Version)
        {
            throw new CallRefusedException(
                RejectionReason.VersionNotRaised,
                $"The state of {slot.Key.Class.Name} '{slot.Key.Key}' would hold what needs version {needed} of the set, and version "
                    + $"{context.Version} is in "
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

    private Slot SlotOf(StateKey key)
    {
        slots ??= [];
        if (!slots.TryGetValue(key, out var slot))
        {
            slots.Add(key, slot = new Slot(key));
        }

        return slot;
    }

    /// <summary>Before a call that may change a grain: what it is if the call is undone.</summary>
    private void Remember(StateKey key)
    {
        var slot = SlotOf(key);
        undo.Add(new Undo(slot, slot.Value is null ? null : Write(key, slot.Value), slot.IsCleared));
    }

    private void UndoTo(int mark)
    {
        while (undo.Count > mark)
        {
            var (slot, bytes, isCleared) = undo[^1];
            undo.RemoveAt(undo.Count - 1);
            slot.Value = bytes is null ? null : bound.CodecOf(slot.Key.Class).Read(bytes);
            slot.IsCleared = isCleared;
        }
    }

    /// <summary>A state for a call that only reads it.</summary>
    /// <param name="State">The state.</param>
    /// <param name="MayStay">Whether it is one that is kept, and not one that the entry has changed or that nobody has written yet.</param>
    public readonly record struct LentState(object State, bool MayStay);

    private sealed class Slot(StateKey key)
    {
        public StateKey Key => key;

        public object? Value { get; set; }

        public bool IsCleared { get; set; }
    }

    private readonly record struct Undo(Slot Slot, byte[]? Bytes, bool IsCleared);

    private readonly record struct Staged(Slot Slot, byte[]? Value, bool IsChange);

    private sealed class Holder(ReplicatedGrain grain) : ITargetHolder
    {
        public object? GetTarget() => grain;

        public object? GetComponent(Type componentType) => null;
    }
}
