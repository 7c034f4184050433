using System.Buffers;
using OrleansRaft.Core;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>What a stored state says before the state machine's own bytes, which need no program of the application to be read.</summary>
/// <param name="Applied">The last entry whose effects it holds.</param>
/// <param name="Time">The group's time there.</param>
/// <param name="MachineVersion">The version at which the state machine works.</param>
/// <param name="RequestIds">How many request ids are remembered.</param>
/// <param name="RequestBytes">What they cost, in bytes.</param>
/// <param name="Sessions">How many registered sessions are open.</param>
internal sealed record StateSummary(EntryId Applied, LogTime Time, int MachineVersion, int RequestIds, long RequestBytes, int Sessions)
{
    /// <summary>Reads it.</summary>
    /// <param name="state">The bytes of a snapshot.</param>
    /// <exception cref="CorruptDataException">They are damaged, or of a version that this program does not read.</exception>
    public static StateSummary Read(ReadOnlyMemory<byte> state)
    {
#pragma warning disable CA2000 // Its machine has nothing to dispose of.
        var host = new StateMachineHost<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(new AnyMachine(), new Unused(), new Unused());
#pragma warning restore CA2000
        host.Restore(state);
        return new StateSummary(host.AppliedEntry, host.AppliedTime, host.Version, host.RequestIds, host.RequestBytes, host.Sessions);
    }

    /// <summary>Takes any state of any version, and looks at nothing of it.</summary>
    private sealed class AnyMachine : IStateMachine<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>, IVersionedStateMachine
    {
        public int NewestVersion => MachineVersions.Max;

        public int Version { get; set; } = MachineVersions.Initial;

        public void Upgrade(int from, int to)
        {
        }

        public void Apply(ReadOnlySpan<Command<ReadOnlyMemory<byte>>> commands, Span<ReadOnlyMemory<byte>> results) => throw Nothing();

        public ReadOnlyMemory<byte> Query(in Command<ReadOnlyMemory<byte>> query) => throw Nothing();

        public void Capture(IBufferWriter<byte> output) => throw Nothing();

        public void Restore(ReadOnlyMemory<byte> snapshot)
        {
        }

        private static NotSupportedException Nothing() => new("A state that is only looked at takes no commands.");
    }

    private sealed class Unused : ICommandCodec<ReadOnlyMemory<byte>>
    {
        public void Write(ReadOnlyMemory<byte> value, IBufferWriter<byte> output) => output.Write(value.Span);

        public ReadOnlyMemory<byte> Read(ReadOnlyMemory<byte> bytes) => bytes;
    }
}
