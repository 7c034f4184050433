using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Grains.Backup;

/// <summary>Reads the catalogue's state in a backup, and rids it of what the cluster that is restored does not have.</summary>
internal static class CatalogueRewrite
{
    /// <summary>The sets that the catalogue says are complete.</summary>
    /// <param name="state">Its state.</param>
    /// <exception cref="CorruptDataException">It is none.</exception>
    public static IReadOnlyList<FurtherSet> SetsIn(ReadOnlyMemory<byte> state)
    {
        var machine = new CatalogueMachine();
        HostOf(machine).Restore(state);
        return [.. machine.Sets().Where(static set => set.IsCreated)];
    }

    /// <summary>
    /// The state without what it notes of the members of groups: a restored group begins with its first members, and silos would look for the others.
    /// </summary>
    /// <param name="snapshot">What the state is.</param>
    /// <param name="state">Its bytes.</param>
    /// <returns>What it becomes, with size and checksum, and its bytes.</returns>
    /// <exception cref="CorruptDataException">It is none.</exception>
    public static (SnapshotDescriptor Snapshot, ReadOnlyMemory<byte> State) WithoutMembers(SnapshotDescriptor snapshot, ReadOnlyMemory<byte> state)
    {
        var machine = new CatalogueMachine();
        var host = HostOf(machine);
        host.Restore(state);
        machine.ForgetMembers();
        var output = new ArrayBufferWriter<byte>(state.Length);
        using (var view = host.TakeView(Array.MaxLength))
        {
            view.Write(output);
        }

        return (snapshot with { SizeBytes = output.WrittenCount, Checksum = Crc32C.Compute(output.WrittenSpan) }, output.WrittenMemory);
    }

    private static StateMachineHost<CatalogueCommand, CatalogueContents> HostOf(CatalogueMachine machine) =>
        new(machine, new Unused<CatalogueCommand>(), new Unused<CatalogueContents>());

    /// <summary>Nothing is asked of the machine.</summary>
    private sealed class Unused<T> : ICommandCodec<T>
    {
        public void Write(T value, IBufferWriter<byte> output) => throw new NotSupportedException("The catalogue of a backup takes no commands.");

        public T Read(ReadOnlyMemory<byte> bytes) => throw new NotSupportedException("The catalogue of a backup takes no commands.");
    }
}
