using System.Buffers;
using System.Buffers.Binary;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Serialization.Invocation;
using OrleansRaft.Core.Codec;
using OrleansRaft.ReplicatedGrains.Calls;
using OrleansRaft.Runtime.Machines;

namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>The state machine of a group of replicated grains: their states by class, partition and key, and the calls that change them.</summary>
/// <remarks>
/// <para>
/// What is true is the bytes: every call that changes a state ends with writing it. A state that is also there as an object saves reading it, and
/// nothing else; only states of which nobody can tell whether they were just read stay objects (<see cref="PlainStates"/>).
/// </para>
/// <para>
/// States are written by the program that runs: one that restores what another wrote writes every state anew, so that replicas of one program hold
/// the same bytes for the same states, whichever programs they ran before.
/// </para>
/// </remarks>
internal sealed class GrainMachine : IViewStateMachine<GrainCall, GrainAnswer>, IMeasuredState, IVersionedStateMachine
{
    /// <summary>How many states stay objects, at most.</summary>
    public const int WarmMax = 1_024;

    private const byte FormatVersion = 1;

    private readonly KeyedState states = new();
    private readonly WarmStates warm = new(WarmMax);
    private readonly BoundSet bound;
    private readonly Scratch scratch;
    private readonly EntryRun run;
    private readonly ulong program;
    private readonly ILogger logger;

    /// <summary>Makes a machine without states.</summary>
    /// <param name="bound">The set, with the services of the silo.</param>
    public GrainMachine(BoundSet bound)
    {
        this.bound = bound;
        scratch = new Scratch(bound.Tools.Sessions);
        run = new EntryRun(bound, states, warm, scratch);
        program = bound.Set.Program;
        logger = bound.Services.GetService<ILogger<GrainMachine>>() ?? NullLogger<GrainMachine>.Instance;
    }

    /// <inheritdoc/>
    public long StateBytes => states.Bytes;

    /// <inheritdoc/>
    public long StateKeys => states.Count;

    /// <inheritdoc/>
    public UInt128 StateDigest => states.Digest;

    /// <inheritdoc/>
    public int NewestVersion => bound.Set.Versions.Newest;

    /// <inheritdoc/>
    public int OldestVersion => bound.Set.Versions.Oldest;

    /// <inheritdoc/>
    public int Version { get; set; } = Core.MachineVersions.Initial;

    /// <summary>How many states are objects.</summary>
    public int WarmStateCount => warm.Count;

    /// <inheritdoc/>
    public void Upgrade(int from, int to)
    {
        // States are what they were: grains look at the version.
    }

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<Command<GrainCall>> commands, Span<GrainAnswer> results)
    {
        for (var i = 0; i < commands.Length; i++)
        {
            results[i] = ApplyOne(in commands[i]);
        }

        run.End();
    }

    /// <inheritdoc/>
    public GrainAnswer Query(in Command<GrainCall> query)
    {
        var method = CallMethod.Of(query.Value.Read!);
        if (!method.IsRead)
        {
            return GrainAnswer.Refused(
                RejectionReason.InvalidRequest, $"{method} is not [ReadOnly] on the silo that was asked, so it cannot be served as a read; mark it "
                    + "on all of them.");
        }

        var answer = Run(run.Begin(query, Version), query, query.Value.Read!, method, mayChange: false);
        run.End();
        return answer;
    }

    /// <inheritdoc/>
    public IStateView TakeView() => new View(program, states);

    /// <inheritdoc/>
    public void Restore(Stream snapshot)
    {
        warm.Clear();
        states.Clear();
        var version = snapshot.ReadByte();
        if (version < 0)
        {
            return;
        }

        if (version != FormatVersion)
        {
            throw new CorruptDataException(
                $"the snapshot of replicated grains has version {version}; this program reads version {FormatVersion}. Start a program that is at "
                    + "least as "
                + "new as the one that wrote it.");
        }

        Span<byte> writer = stackalloc byte[sizeof(ulong)];
        snapshot.ReadExactly(writer);
        states.RestorePart(snapshot);
        if (snapshot.ReadByte() >= 0)
        {
            throw new CorruptDataException("something follows the last state in a snapshot of replicated grains");
        }

        if (BinaryPrimitives.ReadUInt64LittleEndian(writer) != program)
        {
            WriteAnew();
        }
    }

    private GrainAnswer ApplyOne(in Command<GrainCall> command)
    {
        var request = command.Value.Read!;
        var method = CallMethod.Of(request);
        if (!bound.Set.VerifiesCalls)
        {
            return Run(run.Begin(command, Version), command, request, method, mayChange: true);
        }

        // The arguments of the first run are its own: it may have changed them. So is the room for what it writes, which is compared.
        var bytes = bound.Tools.Serializer.SerializeToArray<object>(request);
        var cold = new EntryRun(bound, states, null, new Scratch(bound.Tools.Sessions)).Begin(command, Version);
        var expected = Run(cold, command, (IRequest)bound.Tools.Serializer.Deserialize<object>(bytes)!, method, mayChange: true, isTrial: true);
        var answer = Run(run.Begin(command, Version), command, request, method, mayChange: true, isTrial: true);
        RequireSame(command, expected, cold, answer, run);
        cold.End();
        run.Commit();
        return answer;
    }

    /// <summary>Makes the call of an entry, and answers it.</summary>
    private GrainAnswer Run(
        EntryRun used, in Command<GrainCall> command, IRequest request, CallMethod method, bool mayChange, bool isTrial = false)
    {
        var key = command.Value.Key ?? command.Key;
        if ((GrainKey.FindProblem(command.Key) ?? (command.Value.Key is { } own ? GrainKey.FindProblem(own) : null)) is { } problem)
        {
            return GrainAnswer.Refused(RejectionReason.InvalidRequest, problem);
        }

        try
        {
            var grain = new StateKey(bound.Set.Find(method.InterfaceType)!, command.Key, key);
            var response = used.Call(grain, request, method);
            used.RequireNoFault();
            if (response.Exception is { } thrown and not CallRefusedException && logger.IsEnabled(LogLevel.Debug))
            {
                Log.CallThrew(logger, ThrownText.Loggable(thrown)!, $"{method}", key, $"{command.Entry}");
            }

            var answer = Answer(response, grain, method);
            if (answer.Kind != GrainAnswerKind.Returned || !mayChange)
            {
                return answer;
            }

            used.Stage(command.StateBytesMax);
            if (!isTrial)
            {
                used.Commit();
            }

            return answer;
        }
        catch (CallRefusedException refused)
        {
            used.RequireNoFault();
            return refused.Answer;
        }
    }

    private GrainAnswer Answer(Response response, StateKey grain, CallMethod method)
    {
        if (response.Exception is CallRefusedException refused)
        {
            return refused.Answer;
        }

        if (response.Exception is { } thrown)
        {
            return new GrainAnswer { Kind = GrainAnswerKind.Threw, Body = Write(thrown, grain, method) };
        }

        var body = Write(response, grain, method);
        response.Dispose();
        return body.Length <= GrainLimits.ResultBytesMax
            ? new GrainAnswer { Kind = GrainAnswerKind.Returned, Body = body }
            : throw TooLarge(body.Length, grain, method);
    }

    private byte[] Write(Response response, StateKey grain, CallMethod method)
    {
        if (method.Result is not { } codec)
        {
            return [];
        }

        try
        {
            var output = scratch.Clear();
            codec.Write(bound.Tools.Serializer, response, output, scratch.Begin());
            return output.WrittenSpan.ToArray();
        }
        catch (Exception exception) when (!CallFaults.IsOne(exception))
        {
            throw Unserializable("result", grain, method);
        }
    }

    private byte[] Write(Exception thrown, StateKey grain, CallMethod method)
    {
        byte[] body;
        try
        {
            body = bound.Tools.Exceptions.Write(thrown);
        }
        catch (Exception exception) when (!CallFaults.IsOne(exception))
        {
            throw Unserializable($"exception {thrown.GetType().FullName}", grain, method);
        }

        return body.Length <= GrainLimits.ResultBytesMax ? body : throw TooLarge(body.Length, grain, method);
    }

    private static CallRefusedException TooLarge(int length, StateKey grain, CallMethod method) => new(
        RejectionReason.TooLarge,
        $"The answer of {method} of '{grain.Key}' has {length} bytes, and at most {GrainLimits.ResultBytesMax} can be remembered; answer with "
            + "less. Nothing was changed.");

    private static CallRefusedException Unserializable(string what, StateKey grain, CallMethod method) => new(
        RejectionReason.InvalidRequest,
        $"The {what} of {method} of '{grain.Key}' cannot be serialized: put [GenerateSerializer] on its type, and [Id] on its members. Nothing was "
            + "changed.");

    private static void RequireSame(in Command<GrainCall> command, GrainAnswer expected, EntryRun cold, GrainAnswer answer, EntryRun run)
    {
        var call = $"{CallMethod.Of(command.Value.Read!)} of '{command.Value.Key ?? command.Key}'";
        if (expected.Kind != answer.Kind || !expected.Body.AsSpan().SequenceEqual(answer.Body))
        {
            throw new ReplicaFaultException(
                $"{call} was made twice on the same state, and answered otherwise the second time: it is not deterministic. "
                    + "Use no clock, "
                + "no randomness and nothing static but what Context offers.");
        }

        var (first, second) = (cold.Changes.ToList(), run.Changes.ToList());
        var isSame = first.Count == second.Count && first.Zip(second).All(static pair =>
            pair.First.Key == pair.Second.Key && pair.First.Value.AsSpan().SequenceEqual(pair.Second.Value));
        if (!isSame)
        {
            throw new ReplicaFaultException(
                $"{call} was made twice on the same state, and left another state the second time: it is not deterministic, "
                    + "or hangs on "
                + "something that is not serialized with the state.");
        }
    }

    /// <summary>What another program wrote of the states, in the bytes of this one.</summary>
    private void WriteAnew()
    {
        using var before = states.View();
        var output = new ArrayBufferWriter<byte>();
        foreach (var (key, value) in before.Entries())
        {
            var name = System.Text.Encoding.UTF8.GetString(StateKey.NameOf(key));
            if (bound.Set.Find(name) is not { } grainClass)
            {
                // Of a class that is not here any more, or not yet: another program's concern.
                continue;
            }

            var codec = bound.CodecOf(grainClass);
            output.ResetWrittenCount();
            try
            {
                codec.Write(codec.Read(value, scratch.Begin()), output, scratch.Begin());
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                throw new ReplicaFaultException(
                    $"A state of {name} in the snapshot cannot be read as {grainClass.State.FullName} ({ThrownText.Of(exception)}); keep the "
                        + "[Id] and the "
                    + "type of members that a state has had.",
                    exception);
            }

            states.Set(key, output.WrittenSpan);
        }

        scratch.End();
    }

    /// <summary>The states as they are, behind the version of the form and the program that wrote them.</summary>
    private sealed class View(ulong program, KeyedState states) : IStateView
    {
        private readonly KeyedStateView view = states.View();

        public void Write(IBufferWriter<byte> output)
        {
            new WireWriter(output).WriteByte(FormatVersion);
            BinaryPrimitives.WriteUInt64LittleEndian(output.GetSpan(sizeof(ulong)), program);
            output.Advance(sizeof(ulong));
            view.Write(output);
        }

        public void Dispose() => view.Dispose();
    }
}
