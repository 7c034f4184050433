using System.Security.Cryptography;

namespace OrleansRaft.Runtime.Storage;

/// <summary>Names one activation for good: epochs alone could meet again after a store was restored from a backup.</summary>
internal static class ActivationNonce
{
    /// <summary>A random number from 1, of 63 bits.</summary>
    public static long New() => Math.Max(1, BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) & long.MaxValue);
}
