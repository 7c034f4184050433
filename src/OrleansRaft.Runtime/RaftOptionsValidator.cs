using Microsoft.Extensions.Options;
using OrleansRaft.Core;

namespace OrleansRaft.Runtime;

/// <summary>Stops a silo whose section <c>Raft</c> makes no sense, with sentences that say what to do.</summary>
internal sealed class RaftOptionsValidator : IValidateOptions<RaftOptions>
{
    private const int WorkersMax = 256;

    private static readonly TimeSpan ReturnPatienceMax = TimeSpan.FromDays(1);
    private static readonly TimeSpan ScrubIntervalMax = TimeSpan.FromDays(366);

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, RaftOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var failures = new List<string>();
        CheckTimes(options, failures);
        CheckLimits(options, failures);
        CheckPairs(options, failures);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void CheckTimes(RaftOptions options, List<string> failures)
    {
        RequireMilliseconds(nameof(options.TickInterval), options.TickInterval, failures);
        RequireMilliseconds(nameof(options.RequestRetention), options.RequestRetention, failures);
        RequireMilliseconds(nameof(options.SessionInactivityMax), options.SessionInactivityMax, failures);
        RequireMilliseconds(nameof(options.SubmitTimeout), options.SubmitTimeout, failures);
        RequireMilliseconds(nameof(options.AttemptTimeout), options.AttemptTimeout, failures);
        RequireMilliseconds(nameof(options.MachineStuckAfter), options.MachineStuckAfter, failures);
        RequireMilliseconds(nameof(options.CompareInterval), options.CompareInterval, failures);
        RequireMilliseconds(nameof(options.NotComparedAfter), options.NotComparedAfter, failures);
        if (options.ScrubInterval < TimeSpan.Zero || options.ScrubInterval > ScrubIntervalMax)
        {
            failures.Add(
                $"Raft:{nameof(options.ScrubInterval)} is {options.ScrubInterval}, but must be between 0, which turns it off, and "
                    + $"{ScrubIntervalMax}.");
        }

        if (options.ReturnPatience < TimeSpan.Zero || options.ReturnPatience > ReturnPatienceMax)
        {
            failures.Add(
                $"Raft:{nameof(options.ReturnPatience)} is {options.ReturnPatience}, but must be between 0 and {ReturnPatienceMax}: "
                + "for so long the groups of a silo that stopped lack a member.");
        }

        if (options.RoundWaitMax < TimeSpan.Zero || options.RoundWaitMax > options.TickInterval)
        {
            failures.Add(
                $"Raft:{nameof(options.RoundWaitMax)} is {options.RoundWaitMax}, "
                + $"but must be between 0 and Raft:{nameof(options.TickInterval)} ({options.TickInterval}): "
                + "every command of a busy group would wait that long.");
        }
    }

    private static void CheckLimits(RaftOptions options, List<string> failures)
    {
        RequireAtLeast(nameof(options.HeartbeatTicks), options.HeartbeatTicks, 1, failures);
        if (options.LevelMax is < FeatureLevels.Oldest or > FeatureLevels.Newest)
        {
            failures.Add(
                $"Raft:{nameof(options.LevelMax)} is {options.LevelMax}, but this program supports the feature levels "
                + $"{FeatureLevels.Oldest} to {FeatureLevels.Newest}. Leave the setting out, except to test upgrades.");
        }

        RequireAtLeast(nameof(options.AppendBytesMax), options.AppendBytesMax, 1_024, failures);
        RequireAtLeast(nameof(options.InflightMessagesMax), options.InflightMessagesMax, 1, failures);
        RequireAtLeast(nameof(options.RoundBytesMin), options.RoundBytesMin, 0, failures);
        RequireAtLeast(nameof(options.PendingReadsMax), options.PendingReadsMax, 1, failures);
        RequireAtLeast(nameof(options.ApplyBytesMax), options.ApplyBytesMax, 1, failures);
        RequireAtLeast(nameof(options.SnapshotChunkBytes), options.SnapshotChunkBytes, 1_024, failures);
        RequireAtLeast(nameof(options.KeptEntries), options.KeptEntries, 0, failures);
        RequireAtLeast(nameof(options.KeptBytesMax), options.KeptBytesMax, 0, failures);
        RequireAtLeast(nameof(options.QuiesceTicks), options.QuiesceTicks, 0, failures);
        RequireAtLeast(nameof(options.StorageStallTicks), options.StorageStallTicks, 1, failures);
        RequireAtLeast(nameof(options.SnapshotThresholdBytes), options.SnapshotThresholdBytes, 1, failures);
        RequireAtLeast(nameof(options.SnapshotDelayFactor), options.SnapshotDelayFactor, 1, failures);
        RequireAtLeast(nameof(options.LargeCaptureBytes), options.LargeCaptureBytes, 1, failures);
        RequireAtLeast(nameof(options.CaptureBytesMax), options.CaptureBytesMax, 1, failures);
        RequireAtLeast(nameof(options.StuckThreadsMax), options.StuckThreadsMax, 0, failures);
        RequireAtLeast(nameof(options.CompareEntries), options.CompareEntries, 0, failures);
        RequireAtLeast(nameof(options.RequestIdsMax), options.RequestIdsMax, 1, failures);
        RequireAtLeast(nameof(options.RequestBytesMax), options.RequestBytesMax, 1, failures);
        RequireAtLeast(nameof(options.StateBytesMax), options.StateBytesMax, 0, failures);
        RequireAtLeast(nameof(options.SessionsMax), options.SessionsMax, 1, failures);
        RequireAtLeast(nameof(options.SessionResultsMax), options.SessionResultsMax, 1, failures);
        RequireAtLeast(nameof(options.InboxCommandsMax), options.InboxCommandsMax, 1, failures);
        RequireAtLeast(nameof(options.InboxQueriesMax), options.InboxQueriesMax, 1, failures);
        RequireAtLeast(nameof(options.InboxMessagesMax), options.InboxMessagesMax, 1, failures);
        if (options.Workers is < 0 or > WorkersMax)
        {
            failures.Add(
                $"Raft:{nameof(options.Workers)} is {options.Workers}, but must be from 0 (one for every two cores) to {WorkersMax}.");
        }

        RequireAtLeast(nameof(options.RunInputsMax), options.RunInputsMax, 1, failures);
        RequireAtLeast(nameof(options.RunCommandsMax), options.RunCommandsMax, 1, failures);
        RequireAtLeast(nameof(options.RunApplyBytesMax), options.RunApplyBytesMax, 1, failures);
    }

    private static void CheckPairs(RaftOptions options, List<string> failures)
    {
        if (options.ElectionTicksMin < 3 * options.HeartbeatTicks)
        {
            failures.Add(
                $"Raft:{nameof(options.ElectionTicksMin)} is {options.ElectionTicksMin}, but must be at least three times "
                + $"Raft:{nameof(options.HeartbeatTicks)} ({options.HeartbeatTicks}): followers would otherwise depose a healthy leader.");
        }

        if (options.ElectionTicksMax <= options.ElectionTicksMin)
        {
            failures.Add(
                $"Raft:{nameof(options.ElectionTicksMax)} is {options.ElectionTicksMax}, but must be greater than "
                + $"Raft:{nameof(options.ElectionTicksMin)} ({options.ElectionTicksMin}): "
                + "candidates that time out together split the vote for ever.");
        }

        if (options.LeaderLease && !options.CheckQuorum)
        {
            failures.Add(
                $"Raft:{nameof(options.LeaderLease)} needs Raft:{nameof(options.CheckQuorum)}: followers must refuse votes while a lease may hold. "
                    + "Turn both on, or the lease off.");
        }

        RequireRoomForACommand(nameof(options.InflightBytesMax), options.InflightBytesMax, options, failures);
        RequireRoomForACommand(nameof(options.UncommittedBytesMax), options.UncommittedBytesMax, options, failures);
        RequireRoomForACommand(nameof(options.InboxBytesMax), options.InboxBytesMax, options, failures);
        RequireRoomForACommand(nameof(options.InboxMessageBytesMax), options.InboxMessageBytesMax, options, failures);
        if (options.InboxMessageBytesMax < 2L * options.SnapshotChunkBytes)
        {
            failures.Add(
                $"Raft:{nameof(options.InboxMessageBytesMax)} is {options.InboxMessageBytesMax}, but must hold at least two chunks of a snapshot "
                + $"(Raft:{nameof(options.SnapshotChunkBytes)}, {options.SnapshotChunkBytes}): followers could otherwise never catch up.");
        }

        if (options.RequestRetention < 2 * options.SubmitTimeout)
        {
            failures.Add(
                $"Raft:{nameof(options.RequestRetention)} is {options.RequestRetention}, "
                + $"but must be at least twice Raft:{nameof(options.SubmitTimeout)} "
                + $"({options.SubmitTimeout}): a repetition could otherwise outlive the memory of its request id.");
        }

        if (options.AttemptTimeout > options.SubmitTimeout)
        {
            failures.Add(
                $"Raft:{nameof(options.AttemptTimeout)} is {options.AttemptTimeout}, "
                + $"but must not be longer than Raft:{nameof(options.SubmitTimeout)} "
                + $"({options.SubmitTimeout}), which is the time for all attempts.");
        }
    }

    private static void RequireMilliseconds(string setting, TimeSpan value, List<string> failures)
    {
        var most = TimeSpan.FromDays(365);
        if (value < TimeSpan.FromMilliseconds(1) || value > most)
        {
            failures.Add($"Raft:{setting} is {value}, but must be between 1 millisecond and a year; write it as hh:mm:ss.fff.");
        }
    }

    private static void RequireAtLeast(string setting, long value, long least, List<string> failures)
    {
        if (value < least)
        {
            failures.Add($"Raft:{setting} is {value}, but must be at least {least}.");
        }
    }

    private static void RequireRoomForACommand(string setting, long value, RaftOptions options, List<string> failures)
    {
        // One entry may fill an append, and a message has its own overhead.
        var least = 2L * options.AppendBytesMax;
        if (value < least)
        {
            failures.Add(
                $"Raft:{setting} is {value}, but must be at least twice Raft:{nameof(options.AppendBytesMax)} ({options.AppendBytesMax}): "
                + "the largest command could otherwise never get through.");
        }
    }
}
