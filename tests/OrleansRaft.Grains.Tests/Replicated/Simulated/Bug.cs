namespace OrleansRaft.Grains.Tests.Replicated.Simulated;

/// <summary>What is planted into a run, so that it is seen whether the run would find it.</summary>
public enum Bug
{
    None = 0,

    /// <summary>A call that throws leaves what it had changed in another grain.</summary>
    KeepsWhatThrew = 1,

    /// <summary>Some replicas change one grain of an entry more than others.</summary>
    ChangesHalf = 2,

    /// <summary>The later program does what it does at its second version before that was raised.</summary>
    IgnoresVersion = 3,

    /// <summary>A replica that is restored has lost the states.</summary>
    ForgetsOnRestore = 4,

    /// <summary>Reads that should be linearizable ask any replica.</summary>
    ReadsAnywhere = 5,

    /// <summary>An exception is remembered as a result.</summary>
    SwallowsExceptions = 6,
}
