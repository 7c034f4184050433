using OrleansRaft.Core;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains;

/// <summary>A message on its way to a replica on another silo.</summary>
/// <param name="Sender">The replica that says it.</param>
/// <param name="To">The receiver.</param>
/// <param name="Epoch">The sender's epoch when it said it.</param>
/// <param name="Message">What it says.</param>
internal readonly record struct LaneFrame(ILaneSender Sender, ReplicaSlot To, long Epoch, Message Message)
{
    private const int OverheadBytes = 128;

    /// <summary>About how many bytes the frame takes.</summary>
    public long SizeBytes => OverheadBytes + Message switch
    {
        AppendEntries append => append.Block.SizeBytes,
        InstallSnapshot install => install.Data.Length,
        _ => 0,
    };

    /// <summary>Whether the message carries much; everything else goes by the control lane, so that bulk cannot delay it.</summary>
    public bool IsBulk => Message is AppendEntries { Block.Count: > 0 } or InstallSnapshot;

    /// <summary>The message is lost: replication to the receiver falls back to probing.</summary>
    public void Lose()
    {
        if (IsBulk)
        {
            Sender.OnLost(To.Replica);
        }
    }
}

/// <summary>Who says something on a lane.</summary>
internal interface ILaneSender
{
    /// <summary>Which replica.</summary>
    ReplicaKey Key { get; }

    /// <summary>Entries, or a part of a snapshot, were lost on their way to a member. Any thread.</summary>
    void OnLost(ReplicaId to);
}
