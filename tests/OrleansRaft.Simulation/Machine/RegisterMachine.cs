using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Simulation.Machine;

/// <summary>
/// Registers by key, in two builds: at its second version the newer one counts how often each register was changed since, and how often it was
/// upgraded. What it applies it also notes in the run's ledger, which is outside of the replicated state and sees all replicas.
/// </summary>
/// <param name="replica">Whose it is.</param>
/// <param name="ledger">Where it notes what it applies.</param>
/// <param name="trouble">What is wrong with it; null for a machine that never throws.</param>
/// <param name="mark">What its program writes beside the registers: another one may write something else for the same.</param>
internal class RegisterMachine(ReplicaKey replica, Ledger ledger, MachineTrouble? trouble, ulong mark)
    : IStateMachine<RegisterCommand, RegisterResult>, IVersionedStateMachine
{
    private const int Counting = 2;

    private readonly int build = trouble?.Build ?? MachineTrouble.OldBuild;
    private ImmutableSortedDictionary<string, long> registers = ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal);
    private ImmutableSortedDictionary<string, long> changes = ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal);
    private long upgrades;
    private long madeUp;

    public int NewestVersion => build;

    public int Version { get; set; } = 1;

    /// <param name="replica">Whose it is.</param>
    /// <param name="ledger">Where it notes what it applies.</param>
    /// <param name="trouble">What is wrong with it; null for a machine that never throws.</param>
    /// <param name="hasViews">Whether snapshots begin with a view of its state, which is written later.</param>
    /// <param name="isMeasured">Whether one with views knows the digest of its state, so that none is made of a view.</param>
    public static IStateMachineHost Host(ReplicaKey replica, Ledger ledger, MachineTrouble? trouble, bool hasViews = false, bool isMeasured = false)
    {
        var program = trouble?.Program ?? 1;
        if (trouble is not { AreMadeInVain: true })
        {
            return Make();
        }

        // What a silo has learned when it tried machines out, before it started.
        var traits = new MachineTraits(IsBounded: false, hasViews, new MachineVersions(MachineVersions.Initial, trouble.Build), program);
        return LateMachineHost.MakeNowOrLater(
            () =>
            {
                trouble.OnMake();
                return Make();
            },
            traits);

        IStateMachineHost Make()
        {
            var mark = trouble is { WritesProgram: true } ? program : 0;
            return new StateMachineHost<RegisterCommand, RegisterResult>(
                hasViews ? isMeasured ? new MeasuredRegisterMachine(replica, ledger, trouble, mark) : new ViewedRegisterMachine(
                    replica, ledger, trouble, mark)
                    : new RegisterMachine(replica, ledger, trouble, mark),
                new RegisterCommandCodec(trouble?.Build ?? MachineTrouble.OldBuild),
                RegisterResultCodec.Instance)
            {
                Program = program,
            };
        }
    }

    /// <summary>What a command does to a register: the specification that histories are checked against, too.</summary>
    public static (long State, RegisterResult Result) Apply(long state, in RegisterCommand command)
    {
        var next = command.Action switch
        {
            RegisterAction.Add => state + command.Value,
            RegisterAction.Set => command.Value,
            RegisterAction.Negate => -state,
            RegisterAction.CompareAndSet when state == command.Expected => command.Value,
            _ => state,
        };
        return (next, new RegisterResult(command.Action != RegisterAction.CompareAndSet || state == command.Expected, next));
    }

    public void Apply(ReadOnlySpan<Command<RegisterCommand>> commands, Span<RegisterResult> results)
    {
        for (var i = 0; i < commands.Length; i++)
        {
            ref readonly var command = ref commands[i];
            trouble?.OnApply(replica, command.Value.Operation);
            (var value, results[i]) = Apply(registers.GetValueOrDefault(command.Key), command.Value);
            registers = registers.SetItem(command.Key, value);
            if (Version >= Counting)
            {
                changes = changes.SetItem(command.Key, changes.GetValueOrDefault(command.Key) + 1);
            }

            madeUp += trouble?.MakeUp(command.Value.Operation) ?? 0;
            ledger.OnApplied(replica.Group, command, results[i].Value);
        }
    }

    public void Upgrade(int from, int to)
    {
        trouble?.OnCall();
        upgrades++;
        changes = changes.SetItems(registers);
    }

    public RegisterResult Query(in Command<RegisterCommand> query)
    {
        trouble?.OnQuery(query.Value.Operation);
        return new RegisterResult(true, registers.GetValueOrDefault(query.Key));
    }

    public void Capture(IBufferWriter<byte> output)
    {
        trouble?.OnCall();
        Write(trouble is { IsBackwards: true }, output);
    }

    public void Restore(ReadOnlyMemory<byte> snapshot)
    {
        trouble?.OnCall();
        (registers, changes) = (registers.Clear(), changes.Clear());
        (madeUp, upgrades) = (0, 0);
        if (snapshot.IsEmpty)
        {
            return;
        }

        var reader = new WireReader(snapshot);
        for (var left = reader.ReadCount(9); left > 0; left--)
        {
            registers = registers.Add(reader.ReadString(), reader.ReadInt64());
        }

        madeUp = reader.ReadInt64();
        _ = reader.ReadInt64();
        if (Version >= Counting)
        {
            upgrades = reader.ReadVarint();
            for (var left = reader.ReadCount(9); left > 0; left--)
            {
                changes = changes.Add(reader.ReadString(), reader.ReadInt64());
            }
        }

        reader.RequireEnd();
    }

    private void Write(bool isBackwards, IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        writer.WriteVarint(registers.Count);
        foreach (var (key, value) in isBackwards ? registers.Reverse() : registers)
        {
            writer.WriteString(key);
            writer.WriteInt64(value);
        }

        writer.WriteInt64(madeUp);
        writer.WriteInt64((long)mark);
        if (Version < Counting)
        {
            return;
        }

        writer.WriteVarint(upgrades);
        writer.WriteVarint(changes.Count);
        foreach (var (key, value) in changes)
        {
            writer.WriteString(key);
            writer.WriteInt64(value);
        }
    }

    /// <summary>
    /// One that has views, and knows its digest. The views of every other node write backwards what others write forwards: two leaders may have
    /// snapshots of the same entries in other bytes of the same length.
    /// </summary>
    private sealed class MeasuredRegisterMachine(ReplicaKey replica, Ledger ledger, MachineTrouble? trouble, ulong mark)
        : ViewedRegisterMachine(replica, ledger, trouble, mark), IMeasuredState
    {
        private readonly MachineTrouble? trouble = trouble;

        public long StateBytes => 0;

        public long StateKeys => 0;

        public UInt128 StateDigest
        {
            get
            {
                var output = new ArrayBufferWriter<byte>();
                Capture(output);
                return BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(output.WrittenSpan));
            }
        }

        protected override bool IsBackwards => trouble is { IsBackwards: true } or { IsOdd: true };
    }

    /// <summary>One that has views.</summary>
    private class ViewedRegisterMachine(ReplicaKey replica, Ledger ledger, MachineTrouble? trouble, ulong mark)
        : RegisterMachine(replica, ledger, trouble, mark), IViewStateMachine<RegisterCommand, RegisterResult>
    {
        private readonly MachineTrouble? trouble = trouble;

        protected virtual bool IsBackwards => trouble is { IsBackwards: true };

        public IStateView TakeView()
        {
            trouble?.OnCall();

            // All that it holds is immutable.
            return new View((RegisterMachine)MemberwiseClone(), IsBackwards);
        }

        public void Restore(Stream snapshot)
        {
            using var all = new MemoryStream();
            snapshot.CopyTo(all);
            Restore(all.ToArray());
        }
    }

    private sealed class View(RegisterMachine machine, bool isBackwards) : IStateView
    {
        public void Write(IBufferWriter<byte> output) => machine.Write(isBackwards, output);

        public void Dispose()
        {
        }
    }
}
