using System.Buffers;
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
internal sealed class RegisterMachine(ReplicaKey replica, Ledger ledger, MachineTrouble? trouble, ulong mark = 0)
    : IStateMachine<RegisterCommand, RegisterResult>, IVersionedStateMachine
{
    private const int Counting = 2;

    private readonly int build = trouble?.Build ?? MachineTrouble.OldBuild;
    private readonly SortedDictionary<string, long> registers = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> changes = new(StringComparer.Ordinal);
    private long upgrades;
    private long madeUp;

    public int NewestVersion => build;

    public int Version { get; set; } = 1;

    public static IStateMachineHost Host(ReplicaKey replica, Ledger ledger, MachineTrouble? trouble) => new StateMachineHost<RegisterCommand, RegisterResult>(
        new RegisterMachine(replica, ledger, trouble, trouble is { WritesProgram: true } ? trouble.Program : 0),
        new RegisterCommandCodec(trouble?.Build ?? MachineTrouble.OldBuild),
        RegisterResultCodec.Instance)
    {
        Program = trouble?.Program ?? 1,
    };

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
            (registers[command.Key], results[i]) = Apply(registers.GetValueOrDefault(command.Key), command.Value);
            if (Version >= Counting)
            {
                changes[command.Key] = changes.GetValueOrDefault(command.Key) + 1;
            }

            madeUp += trouble?.MakeUp(command.Value.Operation) ?? 0;
            ledger.OnApplied(replica.Group, command, results[i].Value);
        }
    }

    public void Upgrade(int from, int to)
    {
        trouble?.OnCall();
        upgrades++;
        foreach (var (key, value) in registers)
        {
            changes[key] = value;
        }
    }

    public RegisterResult Query(in Command<RegisterCommand> query)
    {
        trouble?.OnQuery(query.Value.Operation);
        return new RegisterResult(true, registers.GetValueOrDefault(query.Key));
    }

    public void Capture(IBufferWriter<byte> output)
    {
        trouble?.OnCall();
        var writer = new WireWriter(output);
        writer.WriteVarint(registers.Count);
        foreach (var (key, value) in trouble is { IsBackwards: true } ? registers.Reverse() : registers)
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

    public void Restore(ReadOnlyMemory<byte> snapshot)
    {
        trouble?.OnCall();
        registers.Clear();
        changes.Clear();
        (madeUp, upgrades) = (0, 0);
        if (snapshot.IsEmpty)
        {
            return;
        }

        var reader = new WireReader(snapshot);
        for (var left = reader.ReadCount(9); left > 0; left--)
        {
            registers.Add(reader.ReadString(), reader.ReadInt64());
        }

        madeUp = reader.ReadInt64();
        _ = reader.ReadInt64();
        if (Version >= Counting)
        {
            upgrades = reader.ReadVarint();
            for (var left = reader.ReadCount(9); left > 0; left--)
            {
                changes.Add(reader.ReadString(), reader.ReadInt64());
            }
        }

        reader.RequireEnd();
    }
}
