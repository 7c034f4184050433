namespace OrleansRaft.Runtime.Diagnostics;

/// <summary>Something that is wrong until somebody or something mends it.</summary>
/// <param name="Name">What kind, one of <see cref="AlarmNames"/>.</param>
/// <param name="Group">The group that suffers; null when it is not one group's.</param>
/// <param name="Silo">The name of the silo that suffers; null when it is not one silo's.</param>
/// <param name="Since">Since when, as far as is known.</param>
/// <param name="Detail">What is wrong, with what.</param>
/// <param name="Remedy">What to do.</param>
public sealed record Alarm(string Name, string? Group, string? Silo, DateTimeOffset Since, string Detail, string Remedy);
